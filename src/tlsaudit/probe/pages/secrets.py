"""Fields of a page that look like they hold a secret, such as a token against forged requests."""

import re
from collections.abc import Iterator

from tlsaudit.probe.pages.decode import decode
from tlsaudit.probe.pages.document import HtmlDocument

_MOST = 5
_LEAST_CHARACTERS = 8

_NAME = re.compile(r"csrf|xsrf|authenticity|(?:token|nonce|form.?key)$", re.IGNORECASE)
_IN_SCRIPT = re.compile(
    rf"""((?:csrf|xsrf)[-_]?token)["']?\s{{0,9}}[:=]\s{{0,9}}["'][^"'\s]{{{_LEAST_CHARACTERS},}}""", re.IGNORECASE
)


def secret_fields(body: bytes, content_type: str) -> tuple[str, ...]:
    """The names of hidden inputs, of meta elements and of variables in scripts, the first few."""
    text, _ = decode(body, content_type, xml=False)
    return tuple(dict.fromkeys(name[:64] for name in _found(text)))[:_MOST]


def _found(text: str) -> Iterator[str]:
    for element in HtmlDocument(text):
        if element.name == "script":
            yield from _IN_SCRIPT.findall(element.content)
        elif element.name in ("input", "meta"):
            said = element.attributes
            name = said.get("name", "")
            hidden = element.name == "meta" or said.get("type", "").lower() == "hidden"
            value = said.get("content" if element.name == "meta" else "value", "")
            if hidden and _NAME.search(name) and len(value) >= _LEAST_CHARACTERS:
                yield name
