"""What a profile consists of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any


class Standing(StrEnum):
    """How a host stands with one rule of a profile."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """One demand of a guideline. `values` are the data of its kind (see kinds.py); `source` is where in the guideline
    it stands; `since` the day, UTC, from which on it holds, None where it always did; one that is `recommended` is
    told, and keeps nobody from the tier.
    """

    id: str
    kind: str
    values: Mapping[str, Any]
    source: str
    since: date | None
    recommended: bool


@dataclass(frozen=True, slots=True)
class Tier:
    """One level of a profile. `id` is that of its check."""

    name: str
    id: str
    title: str
    rules: tuple[ProfileRule, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of a published guideline. `tiers` are best first; `below` is its word for what is not even in the
    last; `web`: it is about web servers and no others; `notes` say what was left out, and why.
    """

    id: str
    title: str
    publisher: str
    version: str
    published: date | None
    url: str
    below: str
    web: bool
    notes: tuple[str, ...]
    tiers: tuple[Tier, ...]
    path: Path
