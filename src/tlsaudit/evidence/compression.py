"""The conditions of BREACH (Gluck, Harris, Prado 2013): can compressed sizes give away what a page holds?"""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import NotObserved, Sample


@dataclass(frozen=True, slots=True)
class PageCompression:
    """How a page is answered to a browser that another site makes ask for it.

    `coding` is the content coding that the server picks where gzip, deflate, br and zstd are accepted, None where it
    does not compress; then nothing else is looked for. `refused`: it answers 403, though not to others. `repeats`: a
    value in the query stands in the page; None where the page is too large to tell. `secrets` are the names of fields
    that look like they hold one, the first few. `personal`: the page sets cookies, or depends on them (Vary).
    """

    coding: str | None
    refused: bool = False
    repeats: bool | None = False
    secrets: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class CompressedPages:
    """The listed pages that https serves, at most five, each by its path, or why it was not seen."""

    host: str
    observed_at: Sample[datetime]
    pages: tuple[tuple[str, PageCompression | NotObserved], ...]
