"""The demo: a small fleet on loopback, audited as of four dates against a timetable."""

from tlsaudit.app.demo.run import run_demo

__all__ = ["run_demo"]
