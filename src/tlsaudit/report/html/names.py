"""The file names of further pages and the anchors of checks, whatever the services, owners and checks are called."""

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9-]{1,60}")
_OTHER = re.compile(r"[^a-z0-9]+")


def file_name(kind: str, name: str | None) -> str:
    """`service-wiki.html` for `wiki`, the same in each report. A name with anything but small letters, digits and
    hyphens is told from others that are written alike by its hash; the prefix keeps away from what is reserved."""
    return f"{kind}-{written(name)}.html" if name is not None else f"no-{kind}.html"


class Anchors(dict[str, str]):
    """Where the report tells of each check; more are known to it than the report shows."""

    def __missing__(self, check: str) -> str:
        return self.setdefault(check, f"check-{len(self) + 1}")


def written(name: str) -> str:
    """In small letters, digits, hyphens and underscores, no two names alike."""
    if _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_OTHER.sub('-', name.lower()).strip('-')[:40]}_{digest[:16]}"
