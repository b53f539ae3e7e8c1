"""What a target means that does not say more."""

from collections.abc import Iterable
from datetime import timedelta

HTTPS_PORT = 443
HTTP_PORT = 80
MOST_SAMPLED = 100
DEFAULT_WINDOW = timedelta(days=7)
MOST_WEIGHT = 10**18


def http_companion(port: int) -> int | None:
    """The plain-http port whose redirect is judged with an https port: 80 for 443, none for any other."""
    return HTTP_PORT if port == HTTPS_PORT else None


def with_root(pages: Iterable[str]) -> tuple[str, ...]:
    """Each page once, `/` first."""
    return tuple(dict.fromkeys(["/", *pages]))
