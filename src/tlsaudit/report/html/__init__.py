"""The leadership page: one self-contained HTML file without scripts and without outside requests.

Each section has a template of its own under `templates/`, and what it shows is made by the module of its matter.
"""

from tlsaudit.report.html.page import render

__all__ = ["render"]
