"""Crawlers and search engines: by which words a request is known to be from one.

The data file `crawlers.json` beside this module says for each where its operator publishes that, and as of when.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from tlsaudit.evidence import Crawler, CrawlerKind, SearchEngine


@cache
def crawlers() -> Sequence[Crawler]:
    """The crawlers shipped with this version."""
    return tuple(
        Crawler(
            id=entry["id"],
            name=entry["name"],
            kind=CrawlerKind(entry["kind"]),
            tokens=tuple(entry["tokens"]),
            domains=tuple(entry["domains"]),
            source=entry["source"],
            retrieved=retrieved(),
        )
        for entry in _data()["crawlers"]
    )


@cache
def search_engines() -> Sequence[SearchEngine]:
    """The search engines shipped with this version. Their ids are none of a crawler's."""
    return tuple(
        SearchEngine(entry["id"], entry["name"], tuple(entry["hosts"]), entry["source"], retrieved())
        for entry in _data()["engines"]
    )


def retrieved() -> date:
    """When the sources were last read."""
    return date.fromisoformat(_data()["retrieved"])


@cache
def _data() -> Any:
    return json.loads(resources.files("tlsaudit.policy").joinpath("crawlers.json").read_text("utf-8"))
