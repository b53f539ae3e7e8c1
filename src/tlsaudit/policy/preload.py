"""The HSTS preload list that Chromium is built with and the other browsers' lists are made from."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tlsaudit.errors import UserError

_MAX_BYTES = 128 << 20
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_DAY = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class PreloadList:
    """`entries` are the names on the list: True where https is forced for the name and its subdomains, False where it
    is for the name alone, None where the entry is about something else.
    """

    dated: date
    entries: Mapping[str, bool | None]

    def covering(self, host: str) -> str | None:
        """The entry that forces https for a host name (in lower-case A-labels), None where none does.

        The nearest entry decides, as in Chromium (DecodeHSTSPreload in net/http/transport_security_state.cc): a domain
        further up does not reach past an entry that is for its name alone.
        """
        name = host
        while name:
            if name in self.entries:
                subdomains = self.entries[name]
                covers = subdomains is not None and (subdomains or name == host)
                return name if covers else None
            name = name.partition(".")[2]
        return None


def read_preload_list(path: Path) -> PreloadList:
    """Read Chromium's transport_security_state_static.json: JSON with comment lines.

    It does not say its date: that is a day in the file's name (`hsts-2026-11-20.json`), else the day, UTC, when the
    file was last written. Raises UserError.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be read") from None
    if len(raw) > _MAX_BYTES:
        raise _unusable(path, f"larger than {_MAX_BYTES >> 20} MiB")
    try:
        found = json.loads(_COMMENT.sub("", raw.decode("utf-8")))
        entries = dict(map(_entry, found["entries"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unusable(path, "not Chromium's transport_security_state_static.json") from None
    if True not in entries.values():
        raise _unusable(path, "no entry in it forces https")
    return PreloadList(_day_in(path.name) or written, entries)


def _entry(entry: Mapping[str, Any]) -> tuple[str, bool | None]:
    forced = entry.get("mode") == "force-https"
    return entry["name"].lower(), entry.get("include_subdomains") is True if forced else None


def _day_in(name: str) -> date | None:
    for text in _DAY.findall(name):
        try:
            return date.fromisoformat(text)
        except ValueError:
            continue
    return None


def _unusable(path: Path, why: str) -> UserError:
    return UserError(f"--preload-list {path}: {why}: tlsaudit explain hsts-preloaded says where the list is")
