"""From Vega-Lite to SVG, in a process of its own: vl-convert holds up every thread while it draws, and keeps 100 MB.
What else a report tells is read meanwhile.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from functools import lru_cache
from threading import Thread
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""The version of Vega-Lite."""

_CHILD = """
import sys, vl_convert
sys.stdout.reconfigure(encoding="utf-8")
sys.stdout.write(vl_convert.vegalite_to_svg(sys.stdin.buffer.read().decode(), allowed_base_urls=[]))
"""

_DEADLINE_S = 120


class ConversionError(Exception):
    """vl-convert drew nothing."""


def begin(specification: Mapping[str, Any]) -> Future[str]:
    """Have an SVG drawn; it may fail with ConversionError. Who is interrupted meanwhile need not wait for it."""
    drawn: Future[str] = Future()
    told = json.dumps(specification, allow_nan=False)

    def draw() -> None:
        try:
            drawn.set_result(_drawn(told))
        except Exception as error:  # it is raised where the drawing is waited for
            drawn.set_exception(error)

    Thread(target=draw, daemon=True).start()
    return drawn


@lru_cache(maxsize=4)
def _drawn(specification: str) -> str:
    """The same again costs nothing: a report may be written as a page and as a PDF."""
    try:
        done = subprocess.run(  # noqa: S603 our own words
            [sys.executable, "-P", "-c", _CHILD],
            input=specification.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=_DEADLINE_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ConversionError(f"vl-convert drew nothing: {error}") from error
    return done.stdout.decode()
