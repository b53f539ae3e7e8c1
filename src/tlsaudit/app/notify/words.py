"""What others wrote, made harmless for every way a notice may go."""

import re

from tlsaudit.report.text import clean

_LONGEST = 300

_HARMLESS = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'", "*": "∗"})  # noqa: RUF001 look alike, and mean nothing
_ENTITY = re.compile(r"&(?=#?\w+;)")


def neutral(text: str) -> str:
    """One line that is no markup: no HTML, no link of Markdown under another text, no mention that wakes a whole
    channel in a chat, no control characters. Characters that could do so are replaced by such as look alike.
    """
    plain = clean(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
    return _ENTITY.sub("＆", plain.translate(_HARMLESS)).replace("](", "] (")  # noqa: RUF001
