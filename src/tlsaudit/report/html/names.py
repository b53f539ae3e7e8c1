"""The file names of further pages, whatever the services and owners are called."""

import hashlib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[a-z0-9-]{1,60}")
_OTHER = re.compile(r"[^a-z0-9]+")


def file_names(kind: str, names: Iterable[str | None]) -> dict[str | None, str]:
    """`service-wiki.html` for `wiki`, the same in each report. A name with anything but small letters, digits and
    hyphens is told from others that are written alike by its hash; the prefix keeps away from what is reserved."""
    return {name: f"{kind}-{_written(name)}.html" if name is not None else f"no-{kind}.html" for name in names}


def _written(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_OTHER.sub('-', name.lower()).strip('-')[:40]}_{digest[:16]}"
