"""Whatever a server, a certificate or a targets file says stays text, in every format that is installed."""

import io
from collections.abc import Callable
from functools import cache

import pytest

from tests.report import views
from tests.report.hostile import ATTACKS, HARMLESS, poisoned
from tests.report.readers import READERS, Seen, unprintable, workflow_commands
from tlsaudit.report import Options, formats
from tlsaudit.report.text import clean
from tlsaudit.report.view import DocumentView

AT_ONCE = {"html"}
"""Formats that take long to make: all attacks stand in one document."""

CUT = {("markdown", "long"), ("markdown", "one long word")}
"""Attacks that a format has no room for."""

CASES = [
    (item.name, attack)
    for item in formats().values()
    for attack in ((", ".join(ATTACKS),) if item.name in AT_ONCE else ATTACKS)
    if not item.binary and (item.name, attack) not in CUT
]


@cache
def with_words(document: Callable[[], DocumentView], words: str) -> DocumentView:
    return poisoned(document(), words)


@cache
def rendered(name: str, document: Callable[[], DocumentView], words: str) -> str:
    out = io.StringIO()
    formats()[name].render(with_words(document, words), out, Options(width=100_000, verbose=True))
    return out.getvalue()


@pytest.mark.parametrize("document", [views.one_host, views.edited, views.gated])
@pytest.mark.parametrize(("name", "attack"), CASES)
def test_what_others_say_stays_text(name: str, attack: str, document: Callable[[], DocumentView]) -> None:
    assert name in READERS, "write a reader for it in tests/report/readers.py"
    words = [ATTACKS[each] for each in attack.split(", ")]
    hostile = " ".join(words)
    # As an id, what has :// in it is the name of a protocol.
    harmless = f"{HARMLESS}://" if "://" in hostile else HARMLESS
    report, tame = rendered(name, document, hostile), rendered(name, document, harmless)
    seen = READERS[name](report)
    assert seen.shape == READERS[name](tame).shape
    assert unprintable(report) == unprintable(tame)
    assert len(workflow_commands(report)) == len(workflow_commands(tame))
    assert [each for each in words if not tells(seen, each)] == []


def tells(seen: Seen, words: str) -> bool:
    """Whether the words are still there to be read, as they are or with escapes; of very long ones the beginning."""
    wanted = [" ".join(each.split())[:100] for each in (words, clean(words))]
    return any(each in " ".join(text.split()) for each in wanted for text in seen.texts)
