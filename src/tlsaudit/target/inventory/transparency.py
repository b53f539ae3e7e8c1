"""What is exported from Certificate Transparency logs: a JSON array of certificates, or one a line."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tlsaudit.target.inventory.entry import InventoryEntry
from tlsaudit.target.problem import Problem, TargetsError

_NAMES = ("name_value", "common_name", "dns_names", "names", "all_domains", "san")
_LOOKS = re.compile(rf'"({"|".join(_NAMES)})"\s*:')
_LABELS = re.compile(r"(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z0-9-]+\.?")


def looks_like_certificates(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "{") and _LOOKS.search(text[: 1 << 16]) is not None


def read_certificates(text: str, name: str) -> Iterator[InventoryEntry]:
    """`host` for each name of each certificate, whether it has expired or not: of a host that still answers, that is
    what one wants to know. What is no host name, such as an address of mail, is left out. Raises TargetsError.
    """
    for certificate, line in _certificates(text, name):
        for found in _names(certificate):
            if _LABELS.fullmatch(found):
                yield InventoryEntry(found, line)


def _certificates(text: str, name: str) -> Iterator[tuple[Any, int]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text.strip() or error.msg != "Extra data":
            raise TargetsError(name, [Problem(error.lineno, error.colno, f"this is no JSON: {error.msg}")]) from None
    except RecursionError:
        raise TargetsError(name, [Problem(0, 0, "nested too deeply")]) from None
    else:
        yield from ((each, 1) for each in (whole if isinstance(whole, list) else [whole]))
        return
    for number, line in enumerate(text.splitlines(), 1):
        try:
            if line.strip():
                yield json.loads(line), number
        except (json.JSONDecodeError, RecursionError) as error:
            raise TargetsError(name, [Problem(number, 1, f"this is no JSON: {error}")]) from None


def _names(value: Any) -> Iterator[str]:
    """Those of a certificate, also where its fields stand under `parsed` or the like."""
    if not isinstance(value, Mapping):
        return
    for key, said in value.items():
        if key in _NAMES:
            for each in said if isinstance(said, list) else [said]:
                if isinstance(each, str):
                    yield from each.split()
        elif isinstance(said, Mapping):
            yield from _names(said)
