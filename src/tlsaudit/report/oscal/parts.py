"""What OSCAL documents are made of: identifiers, properties, text, and the things that are spoken of."""

import datetime
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, TextIO
from uuid import UUID, uuid5

from tlsaudit.report.document import CheckRecord, EndpointRecord
from tlsaudit.report.json import encoded
from tlsaudit.report.text import clean, place
from tlsaudit.report.view import AuditView

Item = dict[str, Any]

OPERATIONAL = {"state": "operational"}
_OURS = "urn:tlsaudit:oscal"
_NAMES = UUID("6f0d3b52-4c1e-5c57-9a43-2f3a1f0c7d11")
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>#&~^|$!])")
_OPENING = re.compile(r"([\[<&{!])")
_CODE = re.compile(r"(`[^`\n]+`)")


def members(item: Item) -> str:
    """An object as JSON, without its braces."""
    return encoded(item)[1:-1]


def write_list(out: TextIO, key: str, items: Iterable[Item]) -> None:
    """A further member of an object; nothing where there are no items, since OSCAL has no empty lists."""
    before, after = f',\n"{key}": [', ""
    for item in items:
        out.write(f"{before}\n{encoded(item)}")
        before, after = ",", "]"
    out.write(after)


@lru_cache(maxsize=1024)  # a subject has one for each check
def identifier(*names: str | None) -> str:
    """The same UUID for the same names, whenever and wherever it is made (RFC 9562 section 5.5)."""
    return str(uuid5(_NAMES, json.dumps(names)))


def token(name: str) -> str:
    """The name as an OSCAL token: letters, digits and a few signs, beginning with none of these."""
    harmless = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return harmless if re.match(r"[A-Za-z_]", harmless) else f"_{harmless}"


def text(source: str) -> str:
    """What is shown as it is, on one line, where OSCAL takes Markdown; a dash where there is nothing."""
    return _ACTIVE.sub(r"\\\1", clean(source).strip()) or "-"


def prose(source: str) -> str:
    """A check's documentation with its paragraphs, lists and code; without HTML, links and images."""
    lines = "\n".join(clean(line) for line in source.splitlines())
    parts = _CODE.split(lines)
    return "".join(part if number % 2 else _OPENING.sub(r"\\\1", part) for number, part in enumerate(parts)) or "-"


def facts(found: Item) -> Item:
    """The facts of a finding as its evidence."""
    if not found:
        return {}
    code = encoded(found).replace("`", "\\u0060")
    return {"relevant-evidence": [{"description": f"`{code}`"}]}


def props(**values: str | None) -> list[Item]:
    """Properties of our own, in the order given; those without a value are left out."""
    return [
        {"name": name.replace("_", "-"), "ns": _OURS, "value": clean(value).strip()}
        for name, value in values.items()
        if value and value.strip()
    ]


def objective(check: CheckRecord) -> Item:
    """A check as the definition of an objective, and of the method by which it is assessed."""
    name = token(check.id)
    said = "\n\n".join(part for part in (check.summary, check.rationale) if part)
    method = f"{name}_method"
    asked = {"name": "assessment-objects", "prose": "The endpoints, services and links that the audit is told of."}
    return {
        "control-id": name,
        "parts": [
            {
                "id": name, "name": "assessment-objective", "title": text(check.title), "prose": prose(said),
                "props": [{"name": "method-id", "value": method}],
            },
            {
                "id": method, "name": "assessment-method", "props": [{"name": "method", "value": "TEST"}],
                "parts": [asked],
            },
        ],
    }  # fmt: skip


def inventory_item(endpoint: EndpointRecord) -> Item:
    """An endpoint, with its name and addresses by OSCAL's own properties."""
    named = [("fqdn", endpoint.host)] if not _version(endpoint.host) else []
    addresses = [(f"ipv{version}-address", each) for each in endpoint.addresses if (version := _version(each))]
    known = [{"name": name, "value": clean(value).strip()} for name, value in (*named, *addresses) if value.strip()]
    own = props(id=endpoint.id, port=str(endpoint.port), site=endpoint.site, owner=endpoint.owner)
    return {
        "uuid": identifier("endpoint", endpoint.id), "description": text(place(endpoint.id)), "props": [*known, *own],
    }  # fmt: skip


def _version(address: str) -> int | None:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None


def deadlines(view: AuditView) -> Iterator[tuple[str, datetime.date]]:
    """Each check that a goal asks for which is not met, with the day of the goal's milestone; the earliest last."""
    pinned = view.header.timetable.objectives if view.header.timetable else []
    asked = {item.id: item.checks for item in pinned}
    late = [(item.due, item.id) for item in view.objectives if item.due and item.status != "met"]
    for due, goal in sorted(late, reverse=True):
        for check in asked.get(goal, []):
            yield check, due


def end_of(day: datetime.date) -> datetime.datetime:
    """The last second of a day, UTC."""
    return datetime.datetime.combine(day, datetime.time(23, 59, 59), datetime.UTC)
