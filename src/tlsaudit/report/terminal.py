"""The terminal: the scan screen, the goals screen and the gate screen."""

from typing import TextIO

from rich.console import Console

from tlsaudit.report.layout import gap, make_console
from tlsaudit.report.renderer import Options
from tlsaudit.report.terminal_gate import render_gate
from tlsaudit.report.terminal_goals import render_goals, render_reached
from tlsaudit.report.terminal_scan import render_scan, render_summary
from tlsaudit.report.terminal_sites import render_sites
from tlsaudit.report.view import AuditView

__all__ = ["make_console", "render", "render_goals", "render_scan", "render_summary"]


def render(view: AuditView, out: TextIO, options: Options) -> None:
    """The screen of a gate; the goals and a summary where the audit has goals; else the scan screen."""
    console = make_console(out, options.width)
    if view.header.gate:
        render_gate(view, view.header.gate, console, options)
    elif view.objectives:
        render_audit(view, console, options)
    else:
        render_scan(view, console, options)


def render_audit(view: AuditView, console: Console, options: Options) -> None:
    render_goals(view.objectives, view.header, view.header.day, console, verbose=options.verbose)
    if options.verbose:
        render_sites(view, console)
        render_reached(view.availability(), console)
    gap(console)
    render_summary(view.header, console, options)
