"""What was told is told once, whoever tells it."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from tests.store.fleet import START
from tlsaudit.store import Store, Told

LATER = START + timedelta(days=1)


def test_what_was_told_is_told_once_at_each_address(url: str) -> None:
    with Store.open(url) as store:
        assert store.claim_notices("MAIL", ["b", "a"], START) == {"a", "b"}
        assert store.told() == []
        store.confirm_notices("MAIL", ["a", "b"], START)
        assert store.told() == [Told("MAIL", "a", START), Told("MAIL", "b", START)]
        assert store.claim_notices("MAIL", ["b", "a"], LATER) == set()
        assert store.claim_notices("PAGER", ["a", "b"], LATER) == {"a", "b"}


def test_what_could_not_be_told_or_is_over_is_news_again(url: str) -> None:
    with Store.open(url) as store:
        store.claim_notices("MAIL", ["a"], START)
        store.forget_notices("MAIL", ["a"])
        assert store.claim_notices("MAIL", ["a"], START) == {"a"}
        store.confirm_notices("MAIL", ["a"], START)
        store.forget_notices("MAIL", ["a", "b"])
        assert store.told() == []
        assert store.claim_notices("MAIL", ["a"], START) == {"a"}


def test_who_was_killed_is_waited_for_ten_minutes(url: str) -> None:
    with Store.open(url) as killed:
        killed.claim_notices("MAIL", ["a"], START)
    with Store.open(url) as other:
        assert other.claim_notices("MAIL", ["a"], START + timedelta(minutes=9)) == set()
        assert other.claim_notices("MAIL", ["a"], START + timedelta(minutes=10)) == {"a"}


def test_two_at_once_never_get_the_same(url: str) -> None:
    keys = [str(number) for number in range(1000)]
    got: list[set[str]] = []

    def work() -> None:
        with Store.open(url) as store:
            got.append(store.claim_notices("MAIL", keys, START))

    with Store.open(url):
        pass
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, got)) == [0, 0, 0, 1000]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite lets one writer begin
def test_who_claims_between_two_looks_of_another_keeps_it(url: str) -> None:
    keys = {str(number) for number in range(1000)}
    begun: list[str] = []
    got: list[set[str]] = []
    with Store.open(url) as slow, Store.open(url) as fast:

        def come_between(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("SELECT notices") and not begun:
                begun.append(statement)
                got.append(fast.claim_notices("MAIL", keys, START))

        event.listen(Engine, "after_cursor_execute", come_between)
        try:
            assert slow.claim_notices("MAIL", keys, START) == set()
        finally:
            event.remove(Engine, "after_cursor_execute", come_between)
    assert got == [keys]
