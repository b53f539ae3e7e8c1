"""The words of a message, harmless and bounded."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.app.notify.message import compose
from tlsaudit.app.notify.notice import Kind, Notice
from tlsaudit.app.notify.words import neutral


@given(st.text())
def test_what_a_server_says_is_one_line_without_markup(text: str) -> None:
    plain = neutral(text)
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in plain)
    assert not re.search(r"[<>@`*]|\]\(|&#?\w+;", plain)
    assert len(plain) <= 10 * 304


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("<!channel> <@U123>", "‹!channel› ‹＠U123›"),  # noqa: RUF001
        ("@everyone", "＠everyone"),  # noqa: RUF001
        ("[log in](https://evil.example.org)", "[log in] (https://evil.example.org)"),
        ("&lt;b&gt; a&b", "＆lt;b＆gt; a&b"),  # noqa: RUF001
        ("a\r\nBcc: you@example.org", "a\\x0d\\x0aBcc: you＠example.org"),  # noqa: RUF001
        ("**bold** `code`", "∗∗bold∗∗ 'code'"),  # noqa: RUF001
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("https://www.example.org/?a=1&b=2", "https://www.example.org/?a=1&b=2"),
        ("x" * 400, "x" * 300 + "..."),
    ],
)
def test_what_a_server_may_try(hostile: str, harmless: str) -> None:
    assert neutral(hostile) == harmless


def regressed(check: str, host: str, severity: str = "high") -> Notice:
    key = ("regression", check, "endpoint", host)
    return Notice(key, Kind.REGRESSED, severity, "web", f"{check} ({severity})", f"{host}: it fails", ("fix  mend it",))


def met(title: str) -> Notice:
    return Notice(("met", title), Kind.MET, "milestone", "web", title, "2 of 2")


def test_many_of_a_kind_are_summed_up() -> None:
    many = [regressed("tls-versions", f"h{number:05}.example.org") for number in range(12_000)]
    message = compose([met("HSTS everywhere"), *many], "web", opening=None, source="audit 7", report="report.html")
    assert message.title == "tlsaudit (web): 12,000 regressions, 1 goal met"
    assert (
        message.body
        == """\
REGRESSED  tls-versions (high)
  h00000.example.org: it fails
  h00001.example.org: it fails
  h00002.example.org: it fails
  h00003.example.org: it fails
  h00004.example.org: it fails
  and 11,995 more
  fix  mend it

MET  HSTS everywhere
  2 of 2

Owner: web
From: audit 7
Report: report.html
"""
    )
    assert not message.good


def test_a_message_is_bounded_and_begins_with_the_worst() -> None:
    severities = ("low", "critical", "high")
    many = [regressed(f"check-{number:03}", "h", severities[number % 3]) for number in range(200)]
    message = compose(many, None, opening="What stands.", source="audit 7", report="report.html")
    assert message.title == "tlsaudit: 200 regressions"
    assert message.body.startswith("What stands.\n\nREGRESSED  check-001 (critical)\n")
    assert "\n\nand 188 more notices\n\n" in message.body
    assert message.body.count("\n") < 120


def test_good_news_are_good() -> None:
    assert compose([met("HSTS everywhere")], None, opening=None, source="", report="").good
