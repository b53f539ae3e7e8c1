"""Renderers of the audit document, one a file."""

from tlsaudit.report.formats import Format, FormatError, check_place, format_by_name, format_by_suffix, formats, write
from tlsaudit.report.renderer import Options, Renderer, ReportError

__all__ = [
    "Format",
    "FormatError",
    "Options",
    "Renderer",
    "ReportError",
    "check_place",
    "format_by_name",
    "format_by_suffix",
    "formats",
    "write",
]
