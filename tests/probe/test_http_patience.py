"""What may be rate limiting is waited out once, for as long as is polite, and not taken for the state of things."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults import FAULTS, Handler, message, read_request, serve_fault, server_context
from tests.probe.web import endpoint, look, missing, seen_http, seen_https
from tests.servers import CertificateAuthority
from tlsaudit.evidence import HttpExchange, Reason
from tlsaudit.probe.http import DEEP_PATH


def in_turn(answers: Sequence[bytes | None], asked: list[str]) -> Handler:
    """One answer a connection, the last one for ever; None is a reset."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = answers[min(len(asked), len(answers) - 1)]
        if answer is None:
            asked.append("reset")
            await FAULTS["resets"](reader, writer)
            return
        target, _ = await read_request(reader)
        if target != DEEP_PATH:
            asked.append(target)
        writer.write(answer)

    return handle


REDIRECT = message(301, "Location: https://www.example.org/")


@pytest.mark.parametrize(
    ("answers", "asked", "statuses"),
    [
        ([message(429), REDIRECT], 2, [301]),
        ([message(429, "Retry-After: 1"), REDIRECT], 2, [301]),
        ([message(503), REDIRECT], 2, [301]),
        ([None, REDIRECT], 2, [301]),
        ([message(429)], 2, [429]),
        ([message(429), message(429), REDIRECT], 2, [429]),
        ([message(429, "Retry-After: 3"), REDIRECT], 1, [429]),
        ([message(429, "Retry-After: 99999999999999999999"), REDIRECT], 1, [429]),
        ([message(503, "Retry-After: Wed, 25 Nov 2026 07:28:00 GMT"), REDIRECT], 1, [503]),
        ([message(429, "Retry-After: -1"), REDIRECT], 1, [429]),
        ([message(500), REDIRECT], 1, [500]),
        ([message(403), REDIRECT], 1, [403]),
    ],
)
def test_one_more_try(answers: list[bytes | None], asked: int, statuses: list[int]) -> None:
    said: list[str] = []
    with serve_fault(in_turn(answers, said)) as plain:
        visit, _ = seen_http(look(endpoint(http=plain))).visits
    assert len(said) == asked
    assert [hop.status for hop in visit.hops] == statuses


def test_a_server_that_keeps_resetting_is_unknown() -> None:
    said: list[str] = []
    with serve_fault(in_turn([None], said)) as plain:
        seen = look(endpoint(http=plain))
    assert missing(seen.found[HttpExchange]).reason is Reason.RESET
    assert said == ["reset", "reset"]


def test_patience_ends_for_all_pages_together(ca: CertificateAuthority, ca_file: Path) -> None:
    said: list[str] = []
    pages = ("/", "/a", "/b", "/c")
    started = time.monotonic()
    with serve_fault(in_turn([message(429, "Retry-After: 2")], said), server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure, pages=pages), ca_file)
    assert said == ["/", "/", "/a", "/b", "/c"]
    assert [visit.hops[0].status for visit in seen_https(seen).visits] == [429] * 5
    assert time.monotonic() - started >= 2


def test_a_closed_port_is_asked_twice() -> None:
    started = time.monotonic()
    assert missing(look(endpoint()).found[HttpExchange]).reason is Reason.REFUSED
    assert time.monotonic() - started >= 0.5
