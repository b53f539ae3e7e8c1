"""OSCAL assessment results 1.1.3 (NIST) as JSON: a check is an objective, what it says of a subject an observation."""

from tlsaudit.report.formats import Format
from tlsaudit.report.renderer import Renderer

__all__ = ["FORMAT"]


def _load() -> Renderer:
    from tlsaudit.report.oscal.render import render

    return render


FORMAT = Format("oscal", (".oscal.json",), _load)
