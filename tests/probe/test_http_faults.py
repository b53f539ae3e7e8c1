"""A server that misbehaves costs its own evidence, in bounded time and memory, and nobody else's."""

import asyncio
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.descriptors import open_files
from tests.faults import (
    FAULTS,
    answering,
    dripping,
    flooding,
    message,
    never_answers,
    read_request,
    serve_fault,
    server_context,
)
from tests.probe.web import PATIENT, QUICK, Website, endpoint, look, missing, seen_http, seen_https, seen_links
from tests.servers import CertificateAuthority
from tlsaudit.evidence import CanonicalLinks, HttpExchange, HttpsExchange, NotObserved, PageCopy, Reason
from tlsaudit.probe.http import DEEP_PATH
from tlsaudit.probe.limits import Limits

# What is left to say of a server that shows the fault to a request.
SILENT = {
    "never answers": Reason.TIMED_OUT,
    "garbage": Reason.NOT_HTTP,
    "one byte a second": Reason.TIMED_OUT,
    "resets": Reason.RESET,
    "closes": Reason.RESET,
    "endless headers": Reason.TOO_LARGE,
    "one endless header": Reason.TOO_LARGE,
    "endless informational answers": Reason.TIMED_OUT,
    "line breaks in a field": Reason.NOT_HTTP,
}

HEALTHY = message(
    200,
    "Content-Type: text/html",
    "Strict-Transport-Security: max-age=31536000",
    body=b"<head><link rel=canonical href=https://www.example.org/></head><body>",
)


def limits_for(reason: Reason) -> Limits:
    return QUICK if reason is Reason.TIMED_OUT else PATIENT


@pytest.mark.parametrize("fault", SILENT)
def test_http_fault_beside_healthy_https(fault: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with (
        serve_fault(FAULTS[fault]) as http,
        serve_fault(Website({"/": HEALTHY}).handler, server_context(ca.leaf())) as https,
    ):
        seen = look(endpoint(https, http), ca_file, limits=limits_for(SILENT[fault]))
    assert missing(seen.found[HttpExchange]).reason is SILENT[fault]
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=31536000",)
    [page] = seen_links(seen).pages
    assert missing(page.http).reason is SILENT[fault]
    assert isinstance(page.https, PageCopy)
    assert page.https.html_links == ("https://www.example.org/",)


@pytest.mark.parametrize("fault", SILENT)
def test_https_fault_beside_healthy_http(fault: str, ca: CertificateAuthority, ca_file: Path) -> None:
    redirect = message(301, "Location: https://www.example.org/")
    with (
        serve_fault(answering(redirect)) as http,
        serve_fault(FAULTS[fault], server_context(ca.leaf())) as https,
    ):
        seen = look(endpoint(https, http), ca_file, limits=limits_for(SILENT[fault]))
    assert missing(seen.found[HttpsExchange]).reason is SILENT[fault]
    visit, _ = seen_http(seen).visits
    assert [hop.status for hop in visit.hops] == [301]
    assert missing(visit.stopped).reason is SILENT[fault]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("never answers", Reason.TIMED_OUT),
        ("garbage", Reason.NOT_TLS),
        ("one byte a second", Reason.TIMED_OUT),
        ("resets", Reason.RESET),
        ("closes", Reason.RESET),
        ("endless headers", Reason.NOT_TLS),
        ("10 GB body", Reason.NOT_TLS),
    ],
)
def test_fault_instead_of_tls(fault: str, reason: Reason) -> None:
    with serve_fault(FAULTS[fault]) as https:
        seen = look(endpoint(https), limits=limits_for(reason))
    assert missing(seen.found[HttpsExchange]).reason is reason
    assert missing(seen.found[HttpExchange]).reason is Reason.REFUSED
    assert missing(seen.found[CanonicalLinks]).reason is reason


@pytest.mark.parametrize("fault", ["endless headers", "one endless header", "endless informational answers"])
def test_a_head_without_end_costs_no_memory(fault: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(FAULTS[fault], server_context(ca.leaf())) as https:
        look(endpoint(https), ca_file, limits=QUICK)  # imports and caches are not what is measured
        tracemalloc.start()
        seen = look(endpoint(https), ca_file, limits=QUICK)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert missing(seen.found[HttpsExchange]).reason is SILENT[fault]
    assert peak < 4 * QUICK.body_bytes


@pytest.mark.parametrize("fault", ["10 GB body", "gzip bomb"])
def test_a_huge_body_costs_neither_memory_nor_time(fault: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(FAULTS[fault], server_context(ca.leaf())) as https:
        look(endpoint(https), ca_file, limits=PATIENT)  # imports and caches are not what is measured
        tracemalloc.start()
        started = time.monotonic()
        seen = look(endpoint(https), ca_file, limits=PATIENT)
        elapsed = time.monotonic() - started
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seen_https(seen).visits[0].hops[0].status == 200
    assert missing(seen_links(seen).pages[0].https) == NotObserved(Reason.TOO_LARGE, "the document's head does not end")
    assert peak < 12 * PATIENT.body_bytes
    assert elapsed < PATIENT.answer_s  # 10 GB would take minutes


def test_compression_that_never_yields_anything_is_cut_off(ca: CertificateAuthority, ca_file: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
    gzip_header = bytes.fromhex("1f8b08000000000000ff")
    empty_blocks = bytes.fromhex("000000ffff") * 20_000
    with serve_fault(flooding(head + gzip_header, empty_blocks), server_context(ca.leaf())) as https:
        seen = look(endpoint(https), ca_file, limits=PATIENT)
    assert missing(seen_links(seen).pages[0].https).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", Reason.NOT_HTTP),
        (b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\n?", Reason.NOT_HTTP),
        (b"Content-Length: 1000\r\n\r\n<head>", Reason.RESET),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", Reason.RESET),
    ],
)
def test_a_broken_body_costs_only_the_page(
    answer: bytes, reason: Reason, ca: CertificateAuthority, ca_file: Path
) -> None:
    head = b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\n"
    with serve_fault(answering(head + answer), server_context(ca.leaf())) as https:
        seen = look(endpoint(https), ca_file, limits=PATIENT)
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=1",)
    assert missing(seen_links(seen).pages[0].https).reason is reason


def test_a_body_that_never_ends_costs_only_the_page(ca: CertificateAuthority, ca_file: Path) -> None:
    async def falls_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\n\r\n<head>")
        await never_answers(reader, writer)

    with serve_fault(falls_silent, server_context(ca.leaf())) as https:
        seen = look(endpoint(https), ca_file, limits=QUICK)
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=1",)
    assert missing(seen_links(seen).pages[0].https).reason is Reason.TIMED_OUT


def test_a_body_that_drips_costs_only_the_page(ca: CertificateAuthority, ca_file: Path) -> None:
    """Each byte comes in time, all of them would take an hour."""

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 10000\r\n\r\n<head>")
        await dripping(b" " * 9994, 0.36)(reader, writer)

    limits = Limits(endpoint_s=60, answer_s=3)
    with serve_fault(drips, server_context(ca.leaf())) as https:
        started = time.monotonic()
        seen = look(endpoint(https), ca_file, limits=limits)
        assert time.monotonic() - started < limits.endpoint_s / 2
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=1",)
    assert missing(seen_links(seen).pages[0].https).reason is Reason.TIMED_OUT


@pytest.mark.parametrize("fault", ["redirect loop", "endless redirects"])
def test_redirects_end(fault: str, ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(FAULTS[fault]) as http, serve_fault(FAULTS[fault], server_context(ca.leaf())) as https:
        seen = look(endpoint(https, http), ca_file, limits=PATIENT)
        assert http.connections <= 2 * (PATIENT.redirects + 1)
    for visit in (seen_http(seen).visits[0], seen_https(seen).visits[0]):
        assert missing(visit.stopped).reason is Reason.REDIRECT_LOOP
        assert len(visit.hops) == (1 if fault == "redirect loop" else PATIENT.redirects + 1)


def test_where_nobody_connects_the_second_redirect_does_not_try_again() -> None:
    pages = tuple(f"/{number}" for number in range(20))
    moved = {target: message(301, f"Location: https://www.example.org/there{target}") for target in (*pages, DEEP_PATH)}
    limits = Limits(endpoint_s=60, connect_s=4)
    with serve_fault(Website(moved).handler) as http, serve_fault(FAULTS["never answers"]) as https:
        seen = look(endpoint(https, http, pages=pages), limits=limits)
        assert https.connections == 2  # one for the pages themselves
    assert {missing(visit.stopped).reason for visit in seen_http(seen).visits} == {Reason.TIMED_OUT}


def test_oddities_are_taken_as_they_are(ca: CertificateAuthority, ca_file: Path) -> None:
    with (
        serve_fault(FAULTS["invalid UTF-8"]) as http,
        serve_fault(FAULTS["two HSTS fields"], server_context(ca.leaf())) as https,
    ):
        seen = look(endpoint(https, http), ca_file, limits=PATIENT)
    assert seen_http(seen).visits[0].hops[0].status == 200
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=0", "max-age=31536000")


def test_a_mute_server_costs_the_time_of_one_page_only() -> None:
    pages = tuple(f"/{number}" for number in range(20))
    limits = Limits(endpoint_s=60, answer_s=1)
    with serve_fault(FAULTS["never answers"]) as http, serve_fault(FAULTS["never answers"]) as https:
        started = time.monotonic()
        seen = look(endpoint(https, http, pages=pages), limits=limits)
        assert time.monotonic() - started < len(pages) * limits.answer_s
        assert (http.connections, https.connections) == (1, 1)
    assert missing(seen.found[HttpExchange]).reason is missing(seen.found[HttpsExchange]).reason is Reason.TIMED_OUT


def test_many_slow_pages_end_before_the_endpoint_time_is_used_up(ca: CertificateAuthority, ca_file: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    pages = tuple(f"/{number}" for number in range(50))
    limits = Limits(endpoint_s=10)
    with serve_fault(dripping(answer, 0.01), server_context(ca.leaf())) as https:
        started = time.monotonic()
        seen = look(endpoint(https, pages=pages), ca_file, limits=limits)
        assert time.monotonic() - started < limits.endpoint_s
    visits = seen_https(seen).visits
    assert len(visits) == 51
    assert visits[0].stopped is None
    assert missing(visits[-1].stopped).reason is Reason.TIMED_OUT


def test_nothing_stays_open(ca: CertificateAuthority, ca_file: Path) -> None:
    names = ["never answers", "garbage", "10 GB body", "redirect loop", "endless headers", "resets"]
    look(endpoint(), ca_file, limits=QUICK)
    before = open_files()
    for name in names:
        with serve_fault(FAULTS[name]) as http, serve_fault(FAULTS[name], server_context(ca.leaf())) as https:
            look(endpoint(https, http), ca_file, limits=QUICK)
    assert open_files() <= before
