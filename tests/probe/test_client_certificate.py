"""Hosts that ask their clients for a certificate: with it they are judged, without it they are unknown and say why."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.faults import message, serve_fault, server_context
from tests.probe.web import ADDRESS, HOST, Website, endpoint, look, missing, seen_http, seen_https, seen_links
from tests.servers import CertificateAuthority, KeyKind, Server, Shape, serve
from tlsaudit.errors import UserError
from tlsaudit.evidence import HttpsExchange, Reason
from tlsaudit.probe.http import ClientCertificate
from tlsaudit.target import Endpoint, Route

CONFIG = {
    "nginx": "ssl_client_certificate {ca}; ssl_verify_client on;",
    "apache": "SSLCACertificateFile {ca}\nSSLVerifyClient require",
}
BY_PAGE = "SSLCACertificateFile {ca}\n<Location />\nSSLVerifyClient require\n</Location>"
"""Apache asks after the handshake then, once it knows the page."""
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


@dataclass(frozen=True)
class Clients:
    """A root that only clients are issued by, a client of it, and one of another root."""

    ca_file: Path
    known: ClientCertificate
    stranger: ClientCertificate


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Clients:
    folder = tmp_path_factory.mktemp("clients")
    root = CertificateAuthority("Client root")
    return Clients(
        root.write(folder),
        ClientCertificate(*root.leaf(["client"], extensions=()).write(folder, "known")),
        ClientCertificate(
            *CertificateAuthority("Other root").leaf(["client"], extensions=()).write(folder, "stranger")
        ),
    )


@pytest.fixture(scope="module")
def mutual(ca: CertificateAuthority, clients: Clients) -> Iterator[Callable[[str, Shape], Server]]:
    with ExitStack() as running:
        started: dict[tuple[str, Shape], Server] = {}

        def start(program: str, shape: Shape) -> Server:
            if (program, shape) not in started:
                config = CONFIG[program].format(ca=clients.ca_file)
                started[program, shape] = running.enter_context(
                    serve(program, shape, ca=ca, headers=HSTS, https_config=config, redirect=f"https://{HOST}")
                )
            return started[program, shape]

        yield start


def at(server: Server) -> Endpoint:
    return endpoint(server.https_port, server.http_port)


STACKS = [(program, shape) for program in CONFIG for shape in (Shape.MODERN, Shape.TLS13_ONLY)]


@pytest.mark.parametrize("stack", STACKS)
def test_with_the_certificate_all_is_judged(
    stack: tuple[str, Shape], mutual: Callable[[str, Shape], Server], clients: Clients, ca_file: Path
) -> None:
    seen = look(at(mutual(*stack)), ca_file, client=clients.known)
    assert seen_https(seen).chain_error is None
    assert seen_https(seen).visits[0].hops[0].status == 200
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=31536000",)
    visit, _ = seen_http(seen).visits
    assert [hop.status for hop in visit.hops] == [301, 200]


@pytest.mark.parametrize("shape", [Shape.MODERN, Shape.TLS13_ONLY])
def test_who_asks_once_it_knows_the_page_is_shown_the_certificate_then(
    shape: Shape, ca: CertificateAuthority, clients: Clients, ca_file: Path
) -> None:
    config = BY_PAGE.format(ca=clients.ca_file)
    with serve("apache", shape, ca=ca, https_config=config) as server:
        seen = look(at(server), ca_file, client=clients.known)
        assert seen_https(seen).visits[0].hops[0].status == 200


@pytest.mark.parametrize("who", ["nobody", "a stranger"])
@pytest.mark.parametrize("stack", STACKS)
def test_without_it_the_reason_is_known(
    stack: tuple[str, Shape], who: str, mutual: Callable[[str, Shape], Server], clients: Clients, ca_file: Path
) -> None:
    seen = look(at(mutual(*stack)), ca_file, client=clients.stranger if who == "a stranger" else None)
    assert missing(seen.found[HttpsExchange]).reason is Reason.CLIENT_CERTIFICATE, seen.found[HttpsExchange]
    visit, _ = seen_http(seen).visits
    assert [hop.status for hop in visit.hops] == [301]
    assert missing(visit.stopped).reason is Reason.CLIENT_CERTIFICATE
    [page] = seen_links(seen).pages
    assert missing(page.https).reason is Reason.CLIENT_CERTIFICATE


def test_a_closed_port_enforces_https_though_that_wants_a_certificate(
    mutual: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    server = mutual("nginx", Shape.MODERN)
    assert seen_http(look(endpoint(server.https_port), ca_file)).refused


def test_an_answer_of_400_is_an_answer(ca: CertificateAuthority, ca_file: Path) -> None:
    website = Website({"/": message(400, "Strict-Transport-Security: max-age=1", body=b"<title>Bad request</title>")})
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
    assert seen_https(seen).visits[0].hops[0].hsts == ("max-age=1",)


def test_only_the_host_that_was_named_sees_the_certificate(
    mutual: Callable[[str, Shape], Server], ca: CertificateAuthority, clients: Clients, ca_file: Path
) -> None:
    other = "other.example.org"
    away = Website({"/": message(301, f"Location: https://{other}/")})
    server = mutual("apache", Shape.TLS13_ONLY)
    with serve_fault(away.handler, server_context(ca.leaf())) as secure:
        target = endpoint(secure)
        pins = {**target.route.pins, (other, 443): ((ADDRESS, server.https_port),)}
        seen = look(replace(target, route=Route(pins)), ca_file, client=clients.known)
    visit, _ = seen_https(seen).visits
    assert [hop.status for hop in visit.hops] == [301]
    assert missing(visit.stopped).reason is Reason.CLIENT_CERTIFICATE


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files, by what they hold."""
    folder = tmp_path_factory.mktemp("files")
    chain, other = CertificateAuthority().leaf(), CertificateAuthority().leaf(kind=KeyKind.RSA2048)
    chain.write(folder, "good")
    other.write(folder, "other")
    (folder / "both").write_bytes(chain.pem + chain.key_pem)
    (folder / "key first").write_bytes(chain.key_pem + chain.pem)
    (folder / "other key").write_bytes(chain.pem + other.key_pem)
    (folder / "empty").write_bytes(b"")
    (folder / "der").write_bytes(chain.der[0])
    for name, format_ in (("pkcs8", PrivateFormat.PKCS8), ("traditional", PrivateFormat.TraditionalOpenSSL)):
        (folder / name).write_bytes(chain.key.private_bytes(Encoding.PEM, format_, BestAvailableEncryption(b"secret")))
    return folder


@pytest.mark.parametrize(
    ("certificate", "key"), [("good.crt", "good.key"), ("both", None), ("key first", None), ("both", "both")]
)
def test_files_that_fit(certificate: str, key: str | None, files: Path) -> None:
    read = ClientCertificate.read(files / certificate, files / key if key else None)
    assert read
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    read.load_into(context)


@pytest.mark.parametrize(
    ("certificate", "key", "complaint"),
    [
        (None, "good.key", "--client-key: name the certificate, too, with --client-cert"),
        ("none", "good.key", "--client-cert none: cannot be read: No such file or directory"),
        ("good.crt", "none", "--client-key none: cannot be read: No such file or directory"),
        (".", "good.key", "--client-cert .: cannot be read: Is a directory"),
        ("empty", "good.key", "--client-cert empty: no PEM certificate in it"),
        ("der", "good.key", "--client-cert der: no PEM certificate in it"),
        ("good.key", "good.key", "--client-cert good.key: no PEM certificate in it"),
        ("good.crt", "empty", "--client-key empty: no PEM private key in it"),
        ("good.crt", "good.crt", "--client-key good.crt: no PEM private key in it"),
        ("good.crt", None, "--client-cert good.crt: no PEM private key in it: name its file with --client-key"),
        ("good.crt", "other.key", "--client-key other.key: not the key of the certificate in good.crt"),
        ("other key", None, "--client-cert other key: not the key of the certificate"),
        ("good.crt", "pkcs8", "--client-key pkcs8: the key is encrypted: decrypt it first"),
        ("good.crt", "traditional", "--client-key traditional: the key is encrypted: decrypt it first"),
    ],
)
def test_files_that_do_not(
    certificate: str | None, key: str | None, complaint: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    with pytest.raises(UserError) as raised:
        ClientCertificate.read(Path(certificate) if certificate else None, Path(key) if key else None)
    assert str(raised.value).startswith(complaint)
    assert "\n" not in str(raised.value)
