"""The templates, and what they may say of strings from elsewhere: everything printed is escaped and made harmless."""

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tlsaudit.report import charts, text
from tlsaudit.report.html.compiled import Compiled
from tlsaudit.report.html.facts import as_json
from tlsaudit.report.html.fragment import harmless
from tlsaudit.report.html.glossary import gloss

_CODE = re.compile(r"`([^`\n]+)`")


@cache
def environment() -> Environment:
    """Every string that a template prints passes `text.clean` and is escaped; a name that is not there is an error.

    One for all reports, since to read the templates takes as long as to fill them.
    """
    made = Environment(
        loader=PackageLoader("tlsaudit.report.html"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_harmless,
        bytecode_cache=Compiled(Path(__file__).read_bytes()),
    )  # fmt: skip
    for name, file in (("style", "style.css"), ("script", "script.js")):
        source = (resources.files("tlsaudit.report.html") / file).read_text(encoding="utf-8")
        # The hash in the policy is that of the element's text, as it stands in the page.
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        made.globals |= {name: Markup(source), f"{name}_hash": Markup(digest)}  # noqa: S704 no one else's text
    made.globals.update(signs=charts.SIGNS, colours=charts.COLOURS)
    icons: Any = made.get_template("icons.html.j2").module
    made.globals["icon"] = cache(icons.icon)
    made.filters.update(
        percent=text.percent, ms=text.milliseconds, long_date=text.long_date, date=text.short_date,
        outcomes=text.outcomes, sentence=text.sentence, prose=_prose, link=text.web_link, plural=text.plural,
        json=as_json, gloss=gloss,
    )  # fmt: skip
    return made


def _harmless(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(source: str) -> Markup:
    """Paragraphs and lists of a check's documentation, with code in backticks; all else is text."""
    parts = []
    for block in source.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("- ") or ": `" not in line]
        paragraph = " ".join(" ".join(lines).split())
        if paragraph:
            coded = _CODE.sub(r"<code>\1</code>", str(escape(text.clean(paragraph))))
            parts.append(f"<p>{coded}</p>")
    return Markup("".join(parts))  # noqa: S704 escaped above
