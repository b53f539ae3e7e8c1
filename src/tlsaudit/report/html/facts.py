"""The evidence of a finding, in words."""

import json
from collections.abc import Mapping
from typing import Any


def facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each with its name. What is told elsewhere, such as a guideline's gaps, is left out."""
    return [(name.replace("_", " "), _told(value)) for name, value in found.items() if not _of_records(value)]


def _of_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{what}: {_shown(who)}" for what, who in value.items())
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
