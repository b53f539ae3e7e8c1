"""What was told, in a history that several fleets have, or that was written from several places."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.notify.past import Past
from tests.app.notify.receivers import mailbox
from tlsaudit.app.notify.book import books
from tlsaudit.store import Store
from tlsaudit.target import load_targets

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
services: {www: [HOST]}
notify: {mail: $MAIL}
"""
CHECK = "cookies-secure"
REGRESSION, RECOVERY = "tlsaudit (ops@example.org): 1 regression", "tlsaudit (ops@example.org): 1 recovery"


@pytest.fixture(scope="module")
def mail() -> Iterator[dict[str, str]]:
    with mailbox() as box:
        yield {"MAIL": box.url}


def past(folder: Path, host: str, history: Path, more: str = "") -> Past:
    folder.mkdir()
    return Past(folder, TARGETS.replace("HOST", host) + more, history=history)


def titles(known: Past, mail: dict[str, str]) -> list[str]:
    return [sent.message.title for sent in known.tell(mail)]


def test_fleets_in_one_history_are_told_of_apart(tmp_path: Path, mail: dict[str, str]) -> None:
    one, other = (past(tmp_path / name, f"{name}.example.org", tmp_path) for name in "ab")
    for known, host in ((one, "a.example.org"), (other, "b.example.org")):
        known.audit({(host, CHECK): "pp"})
        assert titles(known, mail) == []
    one.audit({("a.example.org", CHECK): "ff"})
    assert titles(one, mail) == [REGRESSION]
    other.day = one.day
    other.audit({("b.example.org", CHECK): "p"})
    assert [titles(known, mail) for known in (other, one, other, one)] == [[], [], [], []]
    one.audit({("a.example.org", CHECK): "pp"})
    assert [titles(known, mail) for known in (other, one, one)] == [[], [RECOVERY], []]


def test_what_is_so_from_one_place_is_told_once(tmp_path: Path, mail: dict[str, str]) -> None:
    known = past(tmp_path / "a", "a.example.org", tmp_path, more="vantages: {fra: {}, sin: {}}\n")

    def audited(from_fra: str, from_sin: str) -> list[str]:
        for known.vantage, letter in (("fra", from_fra), ("sin", from_sin)):
            known.audit({("a.example.org", CHECK): letter})
        return titles(known, mail)

    assert [audited("p", "p") for _ in range(3)] == [[], [], []]
    assert [audited("p", "f") for _ in range(4)] == [[], [REGRESSION], [], []]
    assert [audited("p", "p") for _ in range(3)] == [[], [RECOVERY], []]


def test_a_message_says_from_where(tmp_path: Path) -> None:
    known = past(tmp_path / "a", "a.example.org", tmp_path, more="vantages: {fra: {}, sin: {}}\n")
    for letter in "pff":
        for known.vantage in ("sin", "fra"):
            known.audit({("a.example.org", CHECK): letter})
    told = [sent.message.body.partition("From: audit ")[2] for sent in known.teller({}).preview(known.now)]
    assert [text.splitlines()[0].rpartition(", ")[2] for text in told] == ["fra", "sin"]


def test_a_waiver_is_told_of_once_however_many_places_there_are(tmp_path: Path) -> None:
    waiver = f"{{check: {CHECK}, on: [a.example.org], reason: a pilot, expires: 2026-10-01}}"
    more = f"vantages: {{fra: {{}}, sin: {{}}}}\nwaivers: [{waiver}]\n"
    known = past(tmp_path / "a", "a.example.org", tmp_path, more=more)
    for known.vantage in ("fra", "sin"):
        known.audit({("a.example.org", CHECK): "p"})
    bodies = [sent.message.body for sent in known.teller({}).preview(known.now)]
    assert sum(body.count("WAIVER EXPIRED") for body in bodies) == 1


def test_what_was_told_stays_told_where_the_targets_file_is_moved(tmp_path: Path, mail: dict[str, str]) -> None:
    known = past(tmp_path / "a", "a.example.org", tmp_path)
    known.audit({("a.example.org", CHECK): "pp"})
    assert titles(known, mail) == []
    known.audit({("a.example.org", CHECK): "ff"})
    assert titles(known, mail) == [REGRESSION]
    moved = past(tmp_path / "b", "a.example.org", tmp_path)
    moved.day = known.day
    moved.audit({("a.example.org", CHECK): "f"})
    assert titles(moved, mail) == []
    moved.audit({("a.example.org", CHECK): "pp"})
    assert titles(moved, mail) == [RECOVERY]
    with Store.open(moved.url) as store:
        assert {each.address for each in store.told()} == {""}


def test_a_regression_is_not_told_again_by_the_new_name_of_a_host(tmp_path: Path, mail: dict[str, str]) -> None:
    known = past(tmp_path / "a", "a.example.org", tmp_path)
    known.audit({("a.example.org", CHECK): "pp"})
    assert titles(known, mail) == []
    known.audit({("a.example.org", CHECK): "ff"})
    assert titles(known, mail) == [REGRESSION]
    known.write(TARGETS.replace("HOST", "{host: new.example.org, was: a.example.org}"))
    known.audit({("new.example.org", CHECK): "f"})
    assert titles(known, mail) == []
    known.audit({("new.example.org", CHECK): "pp"})
    assert titles(known, mail) == [RECOVERY]
    with Store.open(known.url) as store:
        assert {each.address for each in store.told()} == {""}


def test_of_two_who_have_the_file_elsewhere_one_tells_a_piece_of_news(tmp_path: Path) -> None:
    """Both have read that it was not told."""
    places = [past(tmp_path / name, "a.example.org", tmp_path) for name in "ab"]
    for known in places:
        known.audit({("a.example.org", CHECK): "p"})
    with Store.open(places[0].url) as store:
        each = [book for known in places for book in books(store, load_targets(known.folder / "targets.yaml"))]
        assert [book.read() for book in each] == [None, None]
        assert [book.claim("MAIL", [("overdue", "pfs")], known.now) for book in each] == [{("overdue", "pfs")}, set()]


def test_what_an_earlier_tlsaudit_told_is_not_told_again(tmp_path: Path, mail: dict[str, str]) -> None:
    """It kept no name beside a key."""
    known = past(tmp_path / "a", "a.example.org", tmp_path)
    known.audit({("a.example.org", CHECK): "pff"})
    with Store.open(known.url) as store:
        key = json.dumps(["regression", CHECK, "endpoint", "a.example.org:443"])
        for address, text in (("MAIL", key), ("", json.dumps(["looked"]))):
            store.claim_notices(address, [text], known.now)
            store.confirm_notices(address, [text], known.now)
    assert titles(known, mail) == []
    known.audit({("a.example.org", CHECK): "pp"})
    assert titles(known, mail) == [RECOVERY]
    with Store.open(known.url) as store:
        assert {each.address for each in store.told()} == {""}
