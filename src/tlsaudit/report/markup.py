"""Text from anywhere, made harmless in GitHub-flavoured Markdown: it is shown as it is, links nowhere, calls nobody."""

import re

from tlsaudit.report.text import clean

_ACTIVE = re.compile(r"([\\`*_\[\]|~$])")
_CODE = re.compile(r"(`[^`\n]+`)")
_LINKING = re.compile(r"(@|#(?=\w)|\bGH(?=-\d)|(?<=\w):(?=//)|\bwww(?=\.))", re.IGNORECASE)
"""What GitHub turns into a mention, an issue or a link wherever it stands, but not across an HTML comment."""


def escape(text: str) -> str:
    """The text on one line, inside of a paragraph, a list item or a table's cell, after something of ours: it does not
    guard against what is only special where a line begins."""
    return _unlinked(_without_html(_ACTIVE.sub(r"\\\1", clean(text))))


def code(text: str) -> str:
    """The text on one line as code; not for a table's cell, which a | ends there too."""
    harmless = clean(text)
    fence = "`" * (max(map(len, re.findall("`+", harmless)), default=0) + 1)
    padding = " " if harmless.startswith("`") or harmless.endswith("`") else ""
    return f"{fence}{padding}{harmless}{padding}{fence}"


def prose(source: str) -> str:
    """A check's documentation with its paragraphs, lists and code; without HTML, links and images."""
    lines = "\n".join(clean(line) for line in source.splitlines())
    parts = _CODE.split(lines)
    return "".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    return _unlinked(_without_html(text).replace("[", "\\["))


def _without_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _unlinked(text: str) -> str:
    return _LINKING.sub(r"\1<!-- -->", text)
