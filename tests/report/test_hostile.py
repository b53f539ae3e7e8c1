"""Whatever a server, a certificate or a targets file says stays text, in every format that is installed."""

import io
import unicodedata
from collections.abc import Callable

import pytest

from tests.report import views
from tests.report.hostile import ATTACKS, HARMLESS, poisoned
from tests.report.readers import READERS, Seen, workflow_commands
from tlsaudit.report import Options, formats
from tlsaudit.report.document import DocumentView
from tlsaudit.report.text import clean

TEXT_FORMATS = list(formats())
DOCUMENTS = [views.one_host, views.edited]


def rendered(name: str, view: DocumentView) -> str:
    out = io.StringIO()
    formats()[name].render(view, out, Options(width=100_000, verbose=True))
    return out.getvalue()


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_what_others_say_stays_text(name: str, attack: str, document: Callable[[], DocumentView]) -> None:
    words = ATTACKS[attack]
    report, tame = (rendered(name, poisoned(document(), each)) for each in (words, HARMLESS))
    assert name in READERS, "write a reader for it in tests/report/readers.py"
    seen, expected = READERS[name](report), READERS[name](tame)
    assert seen.shape == expected.shape
    assert unprintable(report) == unprintable(tame)
    assert len(workflow_commands(report)) == len(workflow_commands(tame))
    assert tells(seen, words) or len(words) > 1000


def unprintable(report: str) -> set[str]:
    """Characters that do not print as themselves: they steer a terminal, or hide."""
    return {char for char in report if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")}


def tells(seen: Seen, words: str) -> bool:
    """Whether the words are still there to be read, as they are or with escapes."""
    wanted = [" ".join(each.split()) for each in (words, clean(words))]
    return any(each in " ".join(text.split()) for each in wanted for text in seen.texts)
