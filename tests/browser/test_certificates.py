"""Chains as a server sends them: what the checks say, beside three others who judge them each in their own way.

Browsers sort what they get, forgive what local authorities do, and take fewer kinds of key; OpenSSL forgives a chain
that is out of order, too. cryptography's verifier holds every authority to the rules for public ones.
"""

import asyncio
import datetime as dt
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.checks.run import judge
from tests.servers import CertificateAuthority, Chain, KeyKind, Server, Shape, VirtualHost, nginx, require, self_signed
from tests.servers.ca import AUTHORITY, LEAF, Extension
from tlsaudit.evidence import Certificates, EvidenceType, NotObserved
from tlsaudit.probe.certificate import TrustStores, certificates
from tlsaudit.probe.handshake import probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import SessionLook, look_sessions

NOW = dt.datetime.now(dt.UTC)
LATER = NOW + dt.timedelta(hours=1)  # one of the certificates is made while the tests run
DAY = dt.timedelta(days=1)
CHECKS = ("chain", "key", "lint", "name", "signature", "trust", "validity")

ROOT = CertificateAuthority()
OLDER = CertificateAuthority("Older root")
UPPER = ROOT.intermediate("Upper")
LOWER = UPPER.intermediate("Lower")
CONSTRAINT: Extension = (x509.NameConstraints([x509.DNSName("example.com")], None), True)
CONSTRAINED = CertificateAuthority("Constrained", issuer=ROOT, extensions=[*AUTHORITY, CONSTRAINT])


def at(case: str) -> str:
    return f"{case}.example.org"


def followed_by(chain: Chain, *others: CertificateAuthority) -> Chain:
    return Chain((chain.leaf, *(other.certificate for other in others)), chain.key)


def leaf(case: str) -> Chain:
    return UPPER.leaf([at(case)])


class Verdicts(NamedTuple):
    """`failed` are the certificate checks that fail; the others say whether they accept, Chromium with the net error
    that it shows where it does not.
    """

    failed: str
    openssl: bool
    cryptography: bool
    chromium: str


OK = "ok"
UNTRUSTED, DATE, NAME = "ERR_CERT_AUTHORITY_INVALID", "ERR_CERT_DATE_INVALID", "ERR_CERT_COMMON_NAME_INVALID"
NO_SUCH_KEY = "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"

CASES: Mapping[str, tuple[Chain, Verdicts]] = {
    "good": (leaf("good"), Verdicts("", True, True, OK)),
    "wildcard": (UPPER.leaf(["*.example.org"]), Verdicts("", True, True, OK)),
    "root-sent": (followed_by(leaf("root-sent"), UPPER, ROOT), Verdicts("", True, True, OK)),
    "cross-signed": (
        followed_by(leaf("cross-signed"), UPPER, CertificateAuthority("Test root", issuer=OLDER)),
        Verdicts("", True, True, OK),
    ),
    "expired": (
        UPPER.leaf([at("expired")], not_before=NOW - 30 * DAY, not_after=NOW - DAY),
        Verdicts("validity", False, False, DATE),
    ),
    "not-yet-valid": (
        UPPER.leaf([at("not-yet-valid")], not_before=NOW + DAY, not_after=NOW + 30 * DAY),
        Verdicts("validity", False, False, DATE),
    ),
    "wrong-name": (UPPER.leaf(["other.example.com"]), Verdicts("name", False, False, NAME)),
    # OpenSSL still looks at the common name where there is no alternative one.
    "common-name": (UPPER.leaf((), common_name=at("common-name")), Verdicts("lint name", True, False, NAME)),
    "self-signed": (self_signed([at("self-signed")]), Verdicts("lint trust", False, False, UNTRUSTED)),
    "unknown-root": (
        CertificateAuthority("Other").leaf([at("unknown-root")]),
        Verdicts("chain trust", False, False, UNTRUSTED),
    ),
    "missing-intermediate": (
        followed_by(leaf("missing-intermediate")),
        Verdicts("chain trust", False, False, UNTRUSTED),
    ),
    # All three sort what they get; TLS 1.2 clients that do not are what the check is about.
    "wrong-order": (followed_by(LOWER.leaf([at("wrong-order")]), UPPER, LOWER), Verdicts("chain", True, True, OK)),
    "superfluous": (
        followed_by(leaf("superfluous"), UPPER, CertificateAuthority("Unrelated")),
        Verdicts("chain", True, True, OK),
    ),
    # It stops old clients alone: all three know the newer root.
    "expired-cross-sign": (
        followed_by(
            leaf("expired-cross-sign"),
            UPPER,
            CertificateAuthority("Test root", issuer=OLDER, not_before=NOW - 90 * DAY, not_after=NOW - DAY),
        ),
        Verdicts("chain", True, True, OK),
    ),
    # Chromium lets local authorities have short keys, and cryptography looks at those of issuers alone.
    "rsa-1024": (UPPER.leaf([at("rsa-1024")], kind=KeyKind.RSA1024), Verdicts("key trust", False, True, OK)),
    # Strong keys, which Chromium does not offer to take; certificate-key says so.
    "p-521": (UPPER.leaf([at("p-521")], kind=KeyKind.P521), Verdicts("", True, True, NO_SUCH_KEY)),
    "ed25519": (UPPER.leaf([at("ed25519")], kind=KeyKind.ED25519), Verdicts("", True, True, NO_SUCH_KEY)),
    "name-constrained": (
        CONSTRAINED.leaf([at("name-constrained")]),
        Verdicts("trust", False, False, "ERR_CERT_INVALID"),
    ),
    # `openssl verify` reads a file of any size; a handshake of OpenSSL's or Chromium's takes 100 KiB.
    "many-names": (
        UPPER.leaf([at("many-names"), *(f"host{number}.example.org" for number in range(10_000))]),
        Verdicts("chain", True, True, "ERR_SSL_PROTOCOL_ERROR"),
    ),
}


def sha1(folder: Path) -> Chain:
    """A leaf that is signed with SHA-1, which cryptography does not do any more."""
    key, name = leaf("sha-1").key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, at("sha-1"))])
    names = x509.SubjectAlternativeName([x509.DNSName(at("sha-1"))])
    request = x509.CertificateSigningRequestBuilder(name).add_extension(names, critical=False)
    for value, critical in LEAF:
        request = request.add_extension(value, critical=critical)
    asked, made = folder / "asked.pem", folder / "made.pem"
    asked.write_bytes(request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    issuer, issuer_key = Chain((UPPER.certificate,), UPPER.key).write(folder, "issuer")
    signing: list[str | Path] = [
        "-req",
        "-sha1",
        "-copy_extensions",
        "copyall",
        "-days",
        "30",
        "-CA",
        issuer,
        "-CAkey",
        issuer_key,
    ]
    signing += ["-CAcreateserial", "-in", asked, "-out", made]
    subprocess.run([require("openssl", "openssl"), "x509", *signing], check=True, capture_output=True, timeout=30)
    return Chain((x509.load_pem_x509_certificate(made.read_bytes()), UPPER.certificate), key)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Chain, Verdicts]]:
    made = sha1(tmp_path_factory.mktemp("sha1"))
    return {**CASES, "sha-1": (made, Verdicts("signature trust", False, False, "ERR_CERT_INVALID"))}


@pytest.fixture(scope="module")
def server(cases: Mapping[str, tuple[Chain, Verdicts]]) -> Iterator[Server]:
    first, *others = [VirtualHost(names=[at(case)], chains=[chain]) for case, (chain, _) in cases.items()]
    with nginx(Shape.LEGACY, ca=ROOT, names=first.names, chains=first.chains, others=others) as running:
        yield running


def test_the_checks(cases: Mapping[str, tuple[Chain, Verdicts]], server: Server) -> None:
    """All that the server shows is asked for by name, on connections of the prober's own."""
    stores, limits = TrustStores.of(ROOT.certificate), Limits()

    async def shown() -> Mapping[str, SessionLook]:
        road = Road((server.address, server.https_port), limits)
        served = await probe_tls(road, at("good"), limits)
        assert not isinstance(served, NotObserved)
        until = asyncio.get_running_loop().time() + limits.endpoint_s
        wanted: frozenset[EvidenceType] = frozenset({Certificates})
        return {
            case: await look_sessions(road, at(case), served.offer, limits, wanted=wanted, until=until)
            for case in cases
        }

    said = {}
    for case, seen in asyncio.run(shown()).items():
        evidence = certificates(at(case), seen.chains, stores, LATER)
        assert isinstance(evidence, Certificates), case
        failed = [name for name in CHECKS if ("fail" in dict(judge(f"certificate-{name}", evidence)))]
        said[case] = " ".join(failed)
    assert said == {case: verdicts.failed for case, (_, verdicts) in cases.items()}


def test_openssl_verify(cases: Mapping[str, tuple[Chain, Verdicts]], tmp_path: Path) -> None:
    openssl = require("openssl", "openssl")
    (tmp_path / "root.pem").write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    how = ["-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-auth_level", "2", "-CAfile", "root.pem"]
    said = {}
    for case, (chain, _) in cases.items():
        (tmp_path / "sent.pem").write_bytes(chain.pem)  # of which the first is what is verified
        command = [openssl, "verify", *how, "-verify_hostname", at(case), "-untrusted", "sent.pem", "sent.pem"]
        said[case] = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=30).returncode == 0
    assert said == {case: verdicts.openssl for case, (_, verdicts) in cases.items()}


def test_the_verifier_of_cryptography(cases: Mapping[str, tuple[Chain, Verdicts]]) -> None:
    def accepts(case: str, chain: Chain) -> bool:
        builder = PolicyBuilder().store(Store([ROOT.certificate])).time(LATER)
        try:
            builder.build_server_verifier(x509.DNSName(at(case))).verify(chain.leaf, list(chain.certificates[1:]))
        except VerificationError:
            return False
        return True

    said = {case: accepts(case, chain) for case, (chain, _) in cases.items()}
    assert said == {case: verdicts.cryptography for case, (_, verdicts) in cases.items()}


def test_chromium(cases: Mapping[str, tuple[Chain, Verdicts]], server: Server, tmp_path: Path) -> None:
    """It reads its user's roots from NSS's database, and tells a page nothing of why a fetch failed, but us."""
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    root = tmp_path / "root.pem"
    root.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    certutil = [require("certutil", "libnss3-tools"), "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True, capture_output=True, timeout=30)
    trusting = ["-A", "-n", "root", "-t", "C,,", "-i", str(root)]
    subprocess.run([*certutil, *trusting], check=True, capture_output=True, timeout=30)
    said: dict[str, str] = {}

    def heard(url: str, what: str) -> None:
        said.setdefault((urlsplit(url).hostname or "").partition(".")[0], what)

    there = f"--host-resolver-rules=MAP * {server.address}:{server.https_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require("chromium", "chromium"),
            args=[*FLAGS, there],
            env={**os.environ, "HOME": str(tmp_path)},
        )
        page = browser.new_page()

        page.goto(f"https://{at('good')}/")
        page.on("response", lambda response: heard(response.url, OK))
        page.on("requestfailed", lambda request: heard(request.url, str(request.failure).removeprefix("net::")))
        asked = [f"https://{at(case)}/" for case in cases]
        page.evaluate("urls => Promise.allSettled(urls.map(url => fetch(url, {mode: 'no-cors'})))", asked)
        until = time.monotonic() + 20
        while len(said) < len(cases) and time.monotonic() < until:
            page.evaluate("0")  # what is still on its way to us comes before the answer
        browser.close()
    assert said == {case: verdicts.chromium for case, (_, verdicts) in cases.items()}
