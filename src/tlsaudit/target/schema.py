"""The JSON Schema of targets.yaml, for editors and for whoever writes one by program."""

from typing import Any


def targets_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of targets.yaml. All keys are text, as they are in JSON: a date, a port number."""
    from tlsaudit.target.model import TargetsFile

    schema = TargetsFile.model_json_schema()
    _close(schema)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": "The targets of tlsaudit"}


def _close(schema: Any) -> None:
    """Let a mapping whose keys have a pattern have no other keys."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)
