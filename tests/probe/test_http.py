"""What the HTTP probe sees of servers that behave: addresses, names, hops, certificates, pages."""

import asyncio
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.faults import Handler, answering, flooding, message, read_request, serve_fault, server_context
from tests.probe.web import ADDRESS, HOST, Website, endpoint, look, missing, seen_http, seen_https, seen_links
from tests.servers import CertificateAuthority, Chain, free_port, require, self_signed
from tlsaudit.errors import UserError
from tlsaudit.evidence import (
    CanonicalLinks,
    Cookie,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    PageCopy,
    Reason,
    Visit,
    WebLatency,
)
from tlsaudit.probe.http import DEEP_PATH, HttpProbe
from tlsaudit.probe.http.network import PinnedBackend
from tlsaudit.probe.http.stream import Unreachable
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.lookup import is_public
from tlsaudit.target import Endpoint, Route

OTHER = "m.example.org"
ROOT = f"https://{HOST}/"


def chased(visit: Visit) -> list[tuple[str, int]]:
    return [(hop.url, hop.status) for hop in visit.hops]


def test_every_page_is_visited_and_no_answer_is_asked_for_twice(ca: CertificateAuthority, ca_file: Path) -> None:
    pages = {"/": message(200), "/wiki/Encryption?a=b": message(404), "/old": message(302, "Location: /")}
    http = Website({target: message(301, f"Location: https://{HOST}{target}") for target in pages})
    https = Website(pages)
    with (
        serve_fault(http.handler) as plain,
        serve_fault(https.handler, server_context(ca.leaf())) as secure,
    ):
        seen = look(endpoint(secure, plain, pages=tuple(pages)), ca_file)
    assert http.asked == https.asked == [f"{HOST} {target}" for target in pages]
    assert [chased(visit) for visit in seen_http(seen).visits] == [
        [(f"http://{HOST}/", 301), (ROOT, 200)],
        [(f"http://{HOST}/wiki/Encryption?a=b", 301), (f"{ROOT}wiki/Encryption?a=b", 404)],
        [(f"http://{HOST}/old", 301), (f"{ROOT}old", 302), (ROOT, 200)],
        [(f"http://{HOST}{DEEP_PATH}", 404)],
    ]
    assert [chased(visit) for visit in seen_https(seen).visits] == [
        [(ROOT, 200)],
        [(f"{ROOT}wiki/Encryption?a=b", 404)],
        [(f"{ROOT}old", 302), (ROOT, 200)],
        [(f"https://{HOST}{DEEP_PATH}", 404)],
    ]
    assert [page.path for page in seen_links(seen).pages] == list(pages)
    assert seen_https(seen).chain_error is None
    assert (seen_https(seen).first_byte_ms or 0) > 0


@pytest.mark.parametrize("status", ["200 OK", "301 Moved", "404 Not Found"])
@pytest.mark.parametrize(
    "rest", ["Content-Length: 6\r\n\r\n<head>", "Transfer-Encoding: chunked\r\n\r\n1\r\n?\r\n0\r\n\r\n"]
)
def test_connections_are_kept_for_the_pages_of_one_host(
    status: str, rest: str, ca: CertificateAuthority, ca_file: Path
) -> None:
    """Also where nobody wants to read the body."""
    page = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{rest}".encode()
    website = Website(dict.fromkeys(("/", "/a", "/b", DEEP_PATH), page))
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        look(endpoint(secure, pages=("/", "/a", "/b")), ca_file)
        assert len(website.asked) == 3
        assert secure.connections == 1


def test_a_long_body_that_nobody_wants_is_not_read_to_its_end(ca: CertificateAuthority, ca_file: Path) -> None:
    head = b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 1000000000\r\n\r\n"
    with serve_fault(flooding(head, bytes(10**5)), server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
        assert secure.connections == 2
    assert [visit.hops[0].status for visit in seen_https(seen).visits] == [301, 301]


def test_an_alert_that_openssl_does_not_call_one_is_no_other_protocol(ca_file: Path) -> None:
    async def alerts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(bytes([21, 3, 3, 0, 2, 2, ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME]))
        await reader.read()

    with serve_fault(alerts) as server:
        seen = look(endpoint(server), ca_file).found[HttpsExchange]
    assert missing(seen) == NotObserved(Reason.REJECTED, "tlsv1 unrecognized name")


def test_two_names_on_one_address_share_no_connection(ca: CertificateAuthority, ca_file: Path) -> None:
    """Each name gets a handshake with its own SNI and a request with its own Host."""
    names: list[str | None] = []
    context = server_context(ca.leaf([HOST, OTHER]))
    context.sni_callback = lambda _, name, __: names.append(name)
    # Both answers leave the connection open for another request.
    to_other = f"HTTP/1.1 301 Moved\r\nLocation: https://{OTHER}/there\r\nContent-Length: 0\r\n\r\n".encode()
    website = Website({"/": to_other, "/there": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"})
    with serve_fault(website.handler, context) as secure:
        seen = look(endpoint(secure, others={OTHER: ADDRESS}), ca_file)
        assert secure.connections == 2
    assert names == [HOST, OTHER]
    assert website.asked == [f"{HOST} /", f"{OTHER} /there"]
    assert chased(seen_https(seen).visits[0]) == [(ROOT, 301), (f"https://{OTHER}/there", 200)]


def test_two_addresses_of_one_name_share_no_connection(ca: CertificateAuthority, ca_file: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    context = server_context(ca.leaf())
    with (
        serve_fault(Website({"/": answer}).handler, context) as first,
        serve_fault(Website({"/": answer}).handler, context, address="127.0.0.2") as second,
    ):
        sockets = ((ADDRESS, first.port), ("127.0.0.2", second.port))
        target = Endpoint(HOST, http_port=None, route=Route(pins={(HOST, 443): sockets}))
        look(target, ca_file, addresses=(ADDRESS, "127.0.0.2"))
        assert (first.connections, second.connections) == (1, 1)


def test_an_ipv6_literal(ca: CertificateAuthority, ca_file: Path) -> None:
    website = Website()
    with serve_fault(website.handler, server_context(ca.leaf([], ips=["::1"])), address="::1") as secure:
        seen = look(Endpoint("::1", secure.port, http_port=None), ca_file, addresses=("::1",))
    assert website.asked == [f"[::1]:{secure.port} /"]
    assert seen_https(seen).chain_error is None


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/there", f"http://{HOST}/there"),
        ("there", f"http://{HOST}/there"),
        (f"//{HOST}/there", f"http://{HOST}/there"),
        (f"http://{HOST.upper()}:80/there#top", f"http://{HOST}/there"),
        (f"http://{OTHER}/there", f"http://{OTHER}/there"),
        ("http://XN--BCHER-KVA.example.org/there", "http://xn--bcher-kva.example.org/there"),
    ],
)
def test_locations_of_every_form_are_followed(location: str, leads_to: str) -> None:
    website = Website({"/": message(301, f"Location: {location}"), "/there": message(200)})
    with serve_fault(website.handler) as plain:
        seen = look(endpoint(http=plain, others={OTHER: ADDRESS, "xn--bcher-kva.example.org": ADDRESS}))
    assert chased(seen_http(seen).visits[0]) == [(f"http://{HOST}/", 301), (leads_to, 200)]


def test_another_port_of_the_host_is_asked_at_the_same_address() -> None:
    website = Website({"/there": message(200)})
    with serve_fault(website.handler) as elsewhere:
        first = Website({"/": message(301, f"Location: http://{HOST}:{elsewhere.port}/there")})
        with serve_fault(first.handler) as plain:
            seen = look(endpoint(http=plain))
    assert chased(seen_http(seen).visits[0])[1] == (f"http://{HOST}:{elsewhere.port}/there", 200)


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        (None, "no Location field"),
        ("javascript:alert(1)", "the URL is neither http nor https"),
        ("https://b\xfccher.example/", "no valid host name in the URL"),
        ("https://b\xc3\xbccher.example/", "no valid host name in the URL"),  # UTF-8 is no URL: RFC 3986
        ("https://www.example.org\\@evil.example/", "a control character or backslash in the URL"),
        ("https://www.example.org/\t/", "a control character or backslash in the URL"),
        ("https://[::1/", "the URL is malformed"),
        ("https://user@www.example.org/", "a user name in the URL"),
        ("/\x01", "a control character or backslash in the URL"),
        ("/" + "a" * 9000, "the URL is too long"),
        (f"{ROOT}\r\nLocation: http://{HOST}/login", "Location fields that contradict one another"),
    ],
)
def test_a_location_that_cannot_be_followed_is_named(location: str | None, detail: str) -> None:
    fields = [] if location is None else [f"Location: {location}"]
    with serve_fault(Website({"/": message(301, *fields)}).handler) as plain:
        seen = look(endpoint(http=plain))
    visit, _ = seen_http(seen).visits
    assert [hop.status for hop in visit.hops] == [301]
    assert visit.stopped == NotObserved(Reason.NOT_FOLLOWED, detail)


def test_a_location_may_be_said_twice() -> None:
    with serve_fault(Website({"/": message(301, "Location: /there", "Location: /there")}).handler) as plain:
        seen = look(endpoint(http=plain))
    assert chased(seen_http(seen).visits[0])[1] == (f"http://{HOST}/there", 404)


def test_a_redirect_to_a_host_that_is_down_says_which() -> None:
    with serve_fault(answering(message(301, f"Location: https://{OTHER}/"))) as plain:
        seen = look(endpoint(http=plain, others={OTHER: ADDRESS}))
    assert seen_http(seen).visits[0].stopped == NotObserved(Reason.REFUSED, f"{OTHER}:443")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("100.100.100.200", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("fd00:ec2::254", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("10.0.0.1", False),
        ("192.168.1.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%lo", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "0x7f.1",
        "2130706433",
        "10.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_a_public_target_does_not_lead_to_an_address_that_is_not(host: str) -> None:
    backend = PinnedBackend(Endpoint(HOST), "8.8.8.8")
    with pytest.raises(Unreachable) as caught:
        asyncio.run(backend.connect_tcp(host, 80, 20))
    assert caught.value.why.reason is Reason.NOT_FOLLOWED
    assert caught.value.why.detail.endswith("which is not public")


@pytest.mark.parametrize(
    ("address", "route"),
    [(ADDRESS, Route()), ("8.8.8.8", Route(addresses={"localhost": (ADDRESS,)}))],
    ids=["the target is not public itself", "the user said where the name is"],
)
def test_an_address_that_is_not_public_can_be_meant(address: str, route: Route) -> None:
    async def connect(port: int) -> None:
        stream = await PinnedBackend(Endpoint(HOST, route=route), address).connect_tcp("localhost", port, 20)
        stream.close()

    with serve_fault(Website().handler) as server:
        asyncio.run(connect(server.port))


def test_a_name_without_an_address() -> None:
    with serve_fault(answering(message(301, "Location: http://no..such.example/"))) as plain:
        seen = look(endpoint(http=plain))
    assert missing(seen_http(seen).visits[0].stopped).reason is Reason.UNRESOLVED


def _expired(ca: CertificateAuthority) -> Chain:
    now = datetime.now(UTC)
    return ca.leaf(not_before=now - timedelta(days=9), not_after=now - timedelta(days=2))


@pytest.mark.parametrize(
    ("issue", "error"),
    [
        (lambda ca: ca.leaf(), None),
        (lambda ca: ca.intermediate().leaf(), None),
        (lambda ca: ca.leaf(["*.example.org"]), None),
        (lambda ca: ca.leaf([OTHER]), "the certificate is for another name"),
        (_expired, "the certificate has expired"),
        (lambda _: self_signed(), "the certificate is self-signed"),
        (lambda _: CertificateAuthority("Other root").leaf(), "the issuer of the certificate is not known"),
    ],
)
def test_what_a_verifying_client_says_of_the_chain(
    issue: Callable[[CertificateAuthority], Chain], error: str | None, ca: CertificateAuthority, ca_file: Path
) -> None:
    website = Website({"/": message(200, "Strict-Transport-Security: max-age=1")})
    with serve_fault(website.handler, server_context(issue(ca))) as secure:
        seen = look(endpoint(secure), ca_file)
    assert seen_https(seen).chain_error == error
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=1",)
    assert website.asked == [f"{HOST} /"]


def test_no_client_takes_a_signature_over_sha1(ca: CertificateAuthority, ca_file: Path, tmp_path: Path) -> None:
    """At the level at which old servers can be asked OpenSSL would."""
    _, key = ca.leaf().write(tmp_path, "leaf")
    (tmp_path / "ca.key").write_bytes(ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
    openssl = require("openssl", "openssl")
    for arguments in (
        f"req -new -key {key} -subj /CN=leaf -out leaf.csr",
        f"x509 -req -in leaf.csr -CA {ca_file} -CAkey ca.key -set_serial 7 -sha1 -days 9 -extfile names -out sha1.pem",
    ):
        subprocess.run([openssl, *arguments.split()], cwd=tmp_path, capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(tmp_path / "sha1.pem", key)
    with serve_fault(Website().handler, context) as secure:
        seen = look(endpoint(secure), ca_file)
    assert seen_https(seen).chain_error == "the certificate is signed with MD5 or SHA-1"


@pytest.mark.parametrize(
    ("day", "error"),
    [
        ("2013-12-31", "the certificate is not yet valid"),
        ("2014-01-01", None),
        ("2014-12-31", None),
        ("2015-01-02", "the certificate has expired"),
    ],
)
def test_dates_are_judged_as_of_the_clock(day: str, error: str | None, ca: CertificateAuthority, ca_file: Path) -> None:
    chain = ca.leaf(not_before=datetime(2014, 1, 1, tzinfo=UTC), not_after=datetime(2015, 1, 1, tzinfo=UTC))
    with serve_fault(Website().handler, server_context(chain)) as secure:
        seen = look(endpoint(secure), ca_file, clock=lambda: datetime.fromisoformat(f"{day}T12:00:00Z"))
    assert seen_https(seen).chain_error == error


def test_a_clock_lets_no_other_chain_pass(ca_file: Path) -> None:
    with serve_fault(Website().handler, server_context(self_signed())) as secure:
        seen = look(endpoint(secure), ca_file, clock=lambda: datetime.now(UTC))
    assert seen_https(seen).chain_error == "the certificate is self-signed"


def test_certifis_roots_are_trusted_unless_told_otherwise(ca: CertificateAuthority) -> None:
    with serve_fault(Website().handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure))
    assert seen_https(seen).chain_error == "the issuer of the certificate is not known"


@pytest.mark.parametrize("text", [None, "not a certificate"])
def test_an_unusable_ca_file_is_one_clear_line(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    with pytest.raises(UserError, match=r"^--ca-file .*ca\.pem: [\w ]+$"):
        HttpProbe(Limits(), [file])


def test_a_client_certificate_that_is_asked_for(ca: CertificateAuthority, ca_file: Path) -> None:
    context = server_context(ca.leaf())
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    with serve_fault(Website().handler, context) as secure:
        seen = look(endpoint(secure), ca_file)
    assert missing(seen.found[HttpsExchange]).reason in (Reason.RESET, Reason.REJECTED)


def test_a_closed_http_port_counts_as_closed_where_https_answers(ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(Website().handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
    assert seen_http(seen).refused
    assert seen_http(seen).visits == ()
    assert missing(seen_links(seen).pages[0].http).reason is Reason.REFUSED


def test_a_host_that_is_down_shows_nothing() -> None:
    seen = look(endpoint())
    assert seen.found[HttpExchange] == NotObserved(Reason.REFUSED, "and no https either (connection refused)")
    assert missing(seen.found[HttpsExchange]).reason is Reason.REFUSED
    assert missing(seen.found[CanonicalLinks]).reason is Reason.REFUSED


def test_an_endpoint_without_a_plain_http_port(ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(Website().handler, server_context(ca.leaf())) as secure:
        seen = look(Endpoint(HOST, secure.port, http_port=None), ca_file)
    assert seen.found[HttpExchange] == NotObserved(Reason.NOT_PROBED, "no plain-http port")
    assert seen_links(seen).pages[0].http == NotObserved(Reason.NOT_PROBED, "no plain-http port")
    assert seen_https(seen).visits[0].url == f"https://{HOST}:{secure.port}/"


def test_the_page_is_read_on_the_first_answer_only(ca: CertificateAuthority, ca_file: Path) -> None:
    link = '<{}>; rel="canonical"'.format
    answers = {
        "/": message(200, "Content-Type: text/html", f"Link: {link('/x')}", body=b"<link rel=canonical href=/y>"),
        "/feed": message(200, "Content-Type: text/xml", f"Link: {link('/z')}", body=b"<link rel=canonical href=/y>"),
        "/gone": message(404, "Content-Type: text/html", body=b"<link rel=canonical href=/y>"),
        "/moved": message(301, "Location: /", body=b"<link rel=canonical href=/y>"),
    }
    with serve_fault(Website(answers).handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure, pages=tuple(answers)), ca_file)
    assert [page.https for page in seen_links(seen).pages] == [
        PageCopy(ROOT, 200, (f"{ROOT}y",), (f"{ROOT}x",)),
        PageCopy(f"{ROOT}feed", 200, (), (f"{ROOT}z",)),
        PageCopy(f"{ROOT}gone", 404, (), ()),
        PageCopy(f"{ROOT}moved", 301, (), (), redirect=ROOT),
    ]


def test_cookies_are_not_kept_and_the_request_says_who_asks(ca: CertificateAuthority, ca_file: Path) -> None:
    heads: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(message(200, "Set-Cookie: a=b"))

    with serve_fault(handle, server_context(ca.leaf())) as secure:
        look(endpoint(secure, pages=("/", "/deep")), ca_file)
    assert [head.split()[1] for head in heads] == ["/", "/deep", DEEP_PATH]
    for head in heads:
        assert "\r\nUser-Agent: tlsaudit/" in head
        assert "\r\nAccept-Encoding: gzip\r\n" in head
        assert "cookie" not in head.lower()


def slow(seconds: float) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(seconds)
        writer.write(message(200))

    return handle


def test_each_part_of_the_first_answer_is_timed(ca: CertificateAuthority, ca_file: Path) -> None:
    context = server_context(ca.leaf())
    context.sni_callback = lambda *_: time.sleep(0.3)
    with serve_fault(slow(0.1)) as plain, serve_fault(slow(0.2), context) as secure:
        seen = look(endpoint(secure, plain), ca_file).found[WebLatency]
    assert isinstance(seen, WebLatency)
    assert (seen.http_status, seen.https_status) == (200, 200)
    assert seen.http_connect_ms
    assert seen.https_connect_ms
    assert (seen.http_first_byte_ms or 0) >= 100
    assert (seen.https_first_byte_ms or 0) >= 200
    assert (seen.https_tls_ms or 0) >= 300


def test_what_does_not_answer_has_no_times(ca: CertificateAuthority, ca_file: Path) -> None:
    with serve_fault(Website().handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file).found[WebLatency]
    assert isinstance(seen, WebLatency)
    assert (seen.http_status, seen.http_connect_ms, seen.http_first_byte_ms) == (None, None, None)
    assert seen.https_tls_ms
    assert missing(look(endpoint()).found[WebLatency]).reason is Reason.REFUSED


def test_which_cookies_an_answer_sets(ca: CertificateAuthority, ca_file: Path) -> None:
    fields = (
        "Set-Cookie: session=secret; Path=/; HttpOnly",
        "set-cookie: __Host-id=secret; Secure; Path=/; SameSite=Strict",
        "Set-Cookie: old=; Max-Age=0",
        "Set-Cookie: secret",
        "Set-Cookie: long=" + "x" * 9000,
        "Set-Cookie: caf\xe9=1",
    )
    with serve_fault(Website({"/": message(200, *fields)}).handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
    assert seen_https(seen).visits[0].hops[0].cookies == (
        Cookie("session", False, True, None, root_path=True),
        Cookie("__Host-id", True, False, "strict", root_path=True),
        Cookie("", False, False, None),
        Cookie("caf\xe9", False, False, None),
    )
    assert "secret" not in repr(seen)


@pytest.mark.parametrize("target", ["/a..//.b/c", "//x", "/%7e|[x]?q=[1]|%zz&'"])
def test_what_is_sent_is_the_url_as_it_stands_and_nothing_that_was_not_asked_for(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{ADDRESS}:{free_port(ADDRESS)}")
    heads: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        status = 302 if " / " in heads[-1] else 404
        writer.write(message(status, f"Location: http://{HOST}{target}", "Set-Cookie: a=b; Path=/"))

    with serve_fault(handle) as plain:
        look(endpoint(http=plain))
    fields = f"Host: {HOST}", f"User-Agent: tlsaudit/{metadata.version('tlsaudit')}", "Accept: text/html, */*;q=0.5"
    rest = "\r\n".join([*fields, "Accept-Encoding: gzip", "", ""])
    assert heads == [f"GET {sent} HTTP/1.1\r\n{rest}" for sent in ("/", DEEP_PATH, target)]


def test_a_redirect_to_numbers_that_are_no_address() -> None:
    with serve_fault(answering(message(301, "Location: https://999.1.1.1/"))) as plain:
        seen = look(endpoint(http=plain))
    assert missing(seen_http(seen).visits[0].stopped).reason is Reason.UNRESOLVED


@pytest.mark.parametrize("contact", ["ops@\u0435xample.org", "a\r\nCookie: b", "\x7f"])
def test_a_contact_that_cannot_be_sent_is_one_clear_line(contact: str) -> None:
    with pytest.raises(UserError, match=r"^--contact: [\w ]+$"):
        HttpProbe(Limits(), contact=contact)
