"""The demo: a small fleet on loopback, which goes through the steps of a real transition, audited as of each date."""

from tlsaudit.app.demo.run import run_demo

__all__ = ["run_demo"]
