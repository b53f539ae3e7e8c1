"""Regular expressions of nginx's configuration."""

import re


def matches(pattern: str, text: str, *, ignore_case: bool) -> bool:
    """Whether an expression is found in a text; never where Python cannot read it."""
    try:
        return re.search(pattern, text, re.IGNORECASE if ignore_case else 0) is not None
    except re.error:  # PCRE knows more than Python
        return False
