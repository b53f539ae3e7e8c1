"""Names in a message, which is to stay short."""

from collections.abc import Sequence


def listed(names: Sequence[str], shown: int = 1) -> str:
    """`a, b and 3 more`: so many of them, and how many are left out; empty where there is none."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")
