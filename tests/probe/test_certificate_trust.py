"""The verdict on a chain, side by side with two independent clients: `openssl verify` and a handshake of OpenSSL's."""

import datetime as dt
import subprocess
import time
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.probe.sessions import look
from tests.servers import CertificateAuthority, Chain, KeyKind, Shape, nginx, require, self_signed
from tests.servers.ca import AUTHORITY, Extension, key_usage
from tlsaudit.evidence import Certificates, Lint
from tlsaudit.probe.certificate import ShownChain, TrustStores, certificates
from tlsaudit.probe.certificate.facts import facts

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
ROOT = CertificateAuthority()
INTERMEDIATE = ROOT.intermediate()


class Case(NamedTuple):
    """A chain, the root that the client has, and what is wrong; None where nothing is."""

    chain: Chain
    wrong: str | None = None
    root: x509.Certificate = ROOT.certificate


def _sent(chain: Chain, *order: int) -> Chain:
    return Chain(tuple(chain.certificates[index] for index in order), chain.key)


def _below(*extensions: Extension) -> Chain:
    return CertificateAuthority("Odd intermediate", issuer=ROOT, extensions=extensions).leaf()


def _ca(*, ca: bool = True, path_length: int | None = None) -> Extension:
    return x509.BasicConstraints(ca=ca, path_length=path_length), True


def _only_for(usage: x509.ObjectIdentifier) -> Extension:
    return x509.ExtendedKeyUsage([usage]), False


def _deep(levels: int) -> Chain:
    authority = ROOT
    for level in range(levels):
        authority = authority.intermediate(f"Level {level}")
    return authority.leaf()


def _constrained(*permitted: x509.GeneralName, excluded: x509.GeneralName | None = None) -> Extension:
    return x509.NameConstraints(permitted or None, [excluded] if excluded else None), True


def _named(*units: tuple[x509.ObjectIdentifier, str]) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(*unit) for unit in units]))


def _of_kind(kind: KeyKind) -> Case:
    authority = CertificateAuthority(f"{kind} root", kind=kind)
    weak = {KeyKind.RSA512: "512", KeyKind.RSA1024: "1024"}.get(kind)
    return Case(authority.leaf(), f"has an RSA key of only {weak} bits" if weak else None, authority.root)


POLICIES: Extension = (
    x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]),
    True,
)

UNKNOWN_CRITICAL: Extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True

THREE = ROOT.intermediate("Upper").intermediate("Lower").leaf()

ALONE = self_signed()

CASES = {
    "good": Case(INTERMEDIATE.leaf()),
    "below the root": Case(ROOT.leaf()),
    "root sent too": Case(Chain((*INTERMEDIATE.leaf().certificates, ROOT.certificate), INTERMEDIATE.leaf().key)),
    "no names": Case(ROOT.leaf(())),
    "wrong name": Case(ROOT.leaf(["other.example.com"])),
    "an address": Case(ROOT.leaf((), ips=["192.0.2.1"])),
    "a thousand names": Case(ROOT.leaf([f"host{number}.example.org" for number in range(1000)])),
    "five intermediates": Case(_deep(5)),
    "no extensions": Case(ROOT.leaf(extensions=())),
    "basic constraints not critical": Case(_below((x509.BasicConstraints(ca=True, path_length=None), False))),
    "path length kept": Case(_below(_ca(path_length=0))),
    "name constraint kept": Case(_below(_ca(), _constrained(x509.DNSName("example.org")))),
    "name constraint with a dot kept": Case(_below(_ca(), _constrained(x509.DNSName(".example.org")))),
    "one of several kept": Case(_below(_ca(), _constrained(x509.DNSName("a.example"), x509.DNSName("Example.ORG")))),
    "address constraint kept": Case(
        CertificateAuthority(
            "Odd", issuer=ROOT, extensions=[_ca(), _constrained(x509.IPAddress(ip_network("192.0.2.0/24")))]
        ).leaf((), ips=["192.0.2.1"])
    ),
    "constraint on the subject kept": Case(
        _below(_ca(), _constrained(_named((NameOID.COMMON_NAME, "WWW.example.org "))))
    ),
    "policies are critical": Case(_below(_ca(), POLICIES, (x509.InhibitAnyPolicy(0), True))),
    "policies are critical, name constraint kept": Case(
        _below(_ca(), POLICIES, _constrained(x509.DNSName("example.org")))
    ),
    "an authority that issued itself a certificate is not counted": Case(
        CertificateAuthority(
            "Short",
            issuer=CertificateAuthority("Short", issuer=ROOT, extensions=[_ca(path_length=0)]),
            kind=KeyKind.P384,
        ).leaf()
    ),
    "two certificates of the issuer": Case(
        Chain(
            (
                INTERMEDIATE.leaf().leaf,
                CertificateAuthority(
                    "Test intermediate",
                    issuer=ROOT,
                    extensions=[*AUTHORITY, (x509.SubjectKeyIdentifier(bytes(20)), False)],
                ).certificate,
                INTERMEDIATE.certificate,
            ),
            INTERMEDIATE.leaf().key,
        )
    ),
    "constraint on mail kept": Case(
        CertificateAuthority("Odd", issuer=ROOT, extensions=[_ca(), _constrained(x509.RFC822Name("example.org"))]).leaf(
            (), extensions=[(x509.SubjectAlternativeName([x509.RFC822Name("a@example.org")]), False)]
        )
    ),
    "a name below one that is excluded": Case(
        CertificateAuthority(
            "Odd", issuer=ROOT, extensions=[_ca(), _constrained(excluded=x509.DNSName("a.b.example.org"))]
        ).leaf(["*.example.org"])
    ),
    "self-signed and trusted": Case(ALONE, None, ALONE.leaf),
    "wrong order": Case(_sent(THREE, 0, 2, 1)),
    "sent twice": Case(_sent(THREE, 0, 1, 1, 2, 0)),
    "missing intermediate": Case(
        _sent(INTERMEDIATE.leaf(), 0), "the issuer CN=Test intermediate is neither trusted nor sent (missing"
    ),
    "missing second intermediate": Case(_sent(THREE, 0, 1), "the issuer CN=Upper is neither trusted nor sent"),
    "self-signed": Case(self_signed(), "the certificate is self-signed"),
    "other root": Case(CertificateAuthority("Other").leaf(), "the issuer CN=Other is neither trusted nor sent"),
    "other root sent": Case(
        Chain(
            (*CertificateAuthority("Other").leaf().certificates, CertificateAuthority("Other").certificate), ROOT.key
        ),
        "CN=Other is not a trusted root",
    ),
    "other root of the same name": Case(
        CertificateAuthority(kind=KeyKind.P384).leaf(), "the trusted root CN=Test root has another key"
    ),
    "expired intermediate": Case(
        CertificateAuthority("Old", issuer=ROOT, not_before=NOW - 90 * DAY, not_after=NOW - DAY).leaf(),
        f"CN=Old expired on {NOW - DAY:%Y-%m-%d}",
    ),
    "intermediate of the future": Case(
        CertificateAuthority("New", issuer=ROOT, not_before=NOW + DAY, not_after=NOW + 90 * DAY).leaf(),
        f"CN=New is not valid before {NOW + DAY:%Y-%m-%d}",
    ),
    "issuer is a leaf": Case(_below(_ca(ca=False)), "CN=Odd intermediate may not issue this certificate"),
    "issuer says nothing": Case(_below(), "CN=Odd intermediate may not issue this certificate"),
    "issuer may not sign": Case(_below(_ca(), (key_usage(ca=False), True)), "may not issue this certificate"),
    "path length exceeded": Case(
        CertificateAuthority("Short", issuer=ROOT, extensions=[_ca(path_length=0)]).intermediate().leaf(),
        "CN=Short may not issue this certificate",
    ),
    "not for servers": Case(
        ROOT.leaf(extensions=[_only_for(ExtendedKeyUsageOID.CLIENT_AUTH)]), "not meant for servers"
    ),
    "for anything": Case(
        ROOT.leaf(extensions=[_only_for(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)]), "not meant for servers"
    ),
    "issuer not for servers": Case(
        _below(*AUTHORITY, _only_for(ExtendedKeyUsageOID.CLIENT_AUTH)), "CN=Odd intermediate is not meant for servers"
    ),
    "name constraint broken": Case(_below(_ca(), _constrained(x509.DNSName("example.com"))), "name constraints"),
    "name constraint with a dot broken": Case(
        _below(_ca(), _constrained(x509.DNSName(".www.example.org"))), "name constraints"
    ),
    "name excluded": Case(_below(_ca(), _constrained(excluded=x509.DNSName("example.org"))), "name constraints"),
    "policies are critical, name constraint broken": Case(
        _below(_ca(), POLICIES, _constrained(x509.DNSName("example.com"))), "may not vouch for CN=www.example.org"
    ),
    "constraint on the subject broken": Case(
        _below(_ca(), _constrained(_named((NameOID.COUNTRY_NAME, "NL")))),
        "CN=Odd intermediate may not vouch for CN=www.example.org (name constraints)",
    ),
    "subject excluded": Case(
        _below(_ca(), _constrained(excluded=_named((NameOID.COMMON_NAME, "www.example.org")))), "name constraints"
    ),
    "another key of the issuer": Case(
        INTERMEDIATE.leaf(extensions=[(x509.AuthorityKeyIdentifier(bytes(20), None, None), False)]),
        "CN=www.example.org names another key of CN=Test intermediate (authority key identifier)",
    ),
    "unknown critical extension": Case(ROOT.leaf(extensions=[UNKNOWN_CRITICAL]), "critical extensions"),
    "unknown critical extension above": Case(_below(_ca(), UNKNOWN_CRITICAL), "critical extensions"),
    "RSA-1024 leaf": Case(ROOT.leaf(kind=KeyKind.RSA1024), "CN=www.example.org has an RSA key of only 1024 bits"),
    "RSA-1024 intermediate": Case(
        ROOT.intermediate("Weak", kind=KeyKind.RSA1024).leaf(), "CN=Weak has an RSA key of only 1024 bits"
    ),
    "Ed25519 leaf": Case(ROOT.leaf(kind=KeyKind.ED25519)),
    "Ed25519 intermediate": Case(ROOT.intermediate("Edwards", kind=KeyKind.ED25519).leaf()),
    "Ed25519 issuer, unknown critical extension": Case(
        ROOT.intermediate("Edwards", kind=KeyKind.ED25519).leaf(extensions=[UNKNOWN_CRITICAL]), "the chain is refused"
    ),
} | {f"{kind} root": _of_kind(kind) for kind in KeyKind}


def verdict(chain: Chain, root: x509.Certificate) -> str | None:
    seen = certificates("www.example.org", [ShownChain(chain.der)], TrustStores.of(root), NOW)
    assert isinstance(seen, Certificates)
    return seen.chains[0].trust_error


def openssl_verify(folder: Path, chain: Chain, root: x509.Certificate, at: dt.datetime | None = None) -> bool:
    """What `openssl verify` says at security level 2, which is Debian's for connections."""
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "leaf.pem").write_bytes(chain.leaf.public_bytes(Encoding.PEM))
    (folder / "sent.pem").write_bytes(chain.pem)
    options = ["-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-auth_level", "2"]
    if at:
        options += ["-attime", str(int(at.timestamp()))]
    files = ["-CAfile", "root.pem", "-untrusted", "sent.pem", "leaf.pem"]
    done = subprocess.run(
        [require("openssl", "openssl"), "verify", *options, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize("name", CASES)
def test_openssl_verify_agrees(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    error = verdict(case.chain, case.root)
    if case.wrong is None:
        assert error is None
    else:
        assert case.wrong in (error or "")
    assert openssl_verify(tmp_path, case.chain, case.root) == (error is None)


@pytest.mark.parametrize(
    ("not_before", "not_after"),
    [(NOW - 30 * DAY, NOW - DAY), (NOW + DAY, NOW + 30 * DAY)],
    ids=["expired", "not yet valid"],
)
def test_dates_of_the_leaf_are_told_apart_from_trust(
    not_before: dt.datetime, not_after: dt.datetime, tmp_path: Path
) -> None:
    good = INTERMEDIATE.leaf(not_before=not_before, not_after=not_after)
    bad = CertificateAuthority("Other").leaf(not_before=not_before, not_after=not_after)
    assert verdict(good, ROOT.certificate) is None
    assert verdict(bad, ROOT.certificate) == "the issuer CN=Other is neither trusted nor sent (missing intermediate?)"
    inside = not_before + DAY
    assert openssl_verify(tmp_path, good, ROOT.certificate, inside)
    assert not openssl_verify(tmp_path, good, ROOT.certificate)
    assert not openssl_verify(tmp_path, bad, ROOT.certificate, inside)


@pytest.mark.parametrize(
    ("sign", "wrong", "lints"),
    [
        (["-sha1"], "CN=leaf is signed with SHA1", set()),
        (["-md5"], "CN=leaf is signed with MD5", set()),
        (["-sha224"], None, set()),
        (["-sigopt", "rsa_padding_mode:pss"], None, set()),
        (["-set_serial", "0"], None, {Lint.SERIAL_NOT_POSITIVE}),
        (["-set_serial", "-5"], None, {Lint.SERIAL_NOT_POSITIVE}),
        (["-set_serial", "0x" + "7f" * 25], None, {Lint.SERIAL_TOO_LONG}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.filterwarnings("ignore:Parsed a serial number:cryptography.utils.CryptographyDeprecationWarning")
def test_what_only_openssl_makes(sign: list[str], wrong: str | None, lints: set[Lint], tmp_path: Path) -> None:
    """Version 1 leaves of an authority as made by `openssl x509 -req` in many a tutorial."""
    chain, root = _made_by_openssl(tmp_path, ["-newkey", "rsa:2048"], sign)
    assert verdict(chain, root) == wrong
    assert set(facts(chain.der[0]).lints) == {Lint.VERSION, Lint.NAMES_MISSING, Lint.SERVER_AUTH_MISSING} | lints
    assert openssl_verify(tmp_path, chain, root) == (wrong is None)


@pytest.mark.parametrize("curve", ["secp521r1", "secp256k1", "brainpoolP256r1"])
def test_an_authority_on_an_unusual_curve(curve: str, tmp_path: Path) -> None:
    chain, root = _made_by_openssl(tmp_path, ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"], [])
    assert verdict(chain, root) is None
    assert openssl_verify(tmp_path, chain, root)


def test_a_root_of_version_1(tmp_path: Path) -> None:
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "root.key"]
    _openssl(tmp_path, "req", "-new", *key, "-subj", "/CN=root", "-out", "root.csr")
    _openssl(tmp_path, "x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-days", "30", "-out", "root.crt")
    chain, root = _leaf_of_openssl(tmp_path, [])
    assert root.version is x509.Version.v1
    assert verdict(chain, root) is None
    assert openssl_verify(tmp_path, chain, root)


def test_a_wildcard_is_not_for_a_name_that_is_excluded(tmp_path: Path) -> None:
    """A known difference: Chromium refuses it, OpenSSL does not."""
    authority = CertificateAuthority(
        "Odd", issuer=ROOT, extensions=[_ca(), _constrained(excluded=x509.DNSName("www.example.org"))]
    )
    chain = authority.leaf(["*.example.org"])
    assert "name constraints" in (verdict(chain, ROOT.certificate) or "")
    assert openssl_verify(tmp_path, chain, ROOT.certificate)


def test_a_root_that_the_chain_does_not_name_is_passed_by_where_another_one_fits() -> None:
    other, second = (x509.SubjectKeyIdentifier(bytes(20)), False), CertificateAuthority("Second root")
    reissued = CertificateAuthority("Test root", extensions=[*AUTHORITY, other]).certificate  # with the same key
    crossed = CertificateAuthority("Test root", issuer=second).certificate
    sent = ShownChain(Chain((*INTERMEDIATE.leaf().certificates, crossed), INTERMEDIATE.leaf().key).der)
    for roots, wrong in (((reissued, second.certificate), None), ((reissued,), "names another key of CN=Test root")):
        seen = certificates("www.example.org", [sent], TrustStores.of(*roots), NOW)
        assert isinstance(seen, Certificates)
        error = seen.chains[0].trust_error
        assert error is None if wrong is None else wrong in (error or "")


def test_a_maze_of_authorities_is_left_in_time() -> None:
    """Authorities that all vouch for one another make the number of paths explode."""
    authorities = [CertificateAuthority(f"Maze {number}", kind=KeyKind.P384) for number in range(3)]
    maze = [
        CertificateAuthority(f"Maze {number}", issuer=issuer, kind=KeyKind.P384).certificate
        for number in range(3)
        for issuer in authorities
    ]
    leaves = [authorities[0].leaf() for _ in range(8)]
    started = time.process_time()
    errors = [verdict(Chain((leaf.leaf, *maze), leaf.key), ROOT.certificate) for leaf in leaves]
    assert time.process_time() - started < 20
    assert all(errors)


def test_one_chain_on_many_endpoints_is_verified_once() -> None:
    store = TrustStores.of(ROOT.certificate)
    passing = CertificateAuthority("Passing", issuer=ROOT, not_before=NOW - 90 * DAY, not_after=NOW + DAY)
    chain = passing.leaf(not_after=NOW + 30 * DAY)
    later = NOW + 2 * DAY

    def look(trust: TrustStores, now: dt.datetime) -> str | None:
        seen = certificates("www.example.org", [ShownChain(chain.der)], trust, now)
        assert isinstance(seen, Certificates)
        return seen.chains[0].trust_error

    # The intermediate expires between the looks: who verified again would notice.
    assert look(store, NOW) is None
    assert look(store, later) is None
    assert look(TrustStores.of(ROOT.certificate), later) == f"CN=Passing expired on {NOW + DAY:%Y-%m-%d}"


SERVED = (
    "good",
    "wrong name",
    "self-signed",
    "missing intermediate",
    "wrong order",
    "Ed25519 leaf",
    "a thousand names",
)
OUTSIDE = {
    "expired": Case(INTERMEDIATE.leaf(not_before=NOW - 30 * DAY, not_after=NOW - DAY)),
    "not yet valid": Case(INTERMEDIATE.leaf(not_before=NOW + DAY, not_after=NOW + 30 * DAY)),
}


@pytest.mark.parametrize("name", [*SERVED, *OUTSIDE])
def test_a_handshake_of_openssl_agrees(name: str, tmp_path: Path) -> None:
    case = OUTSIDE.get(name) or CASES[name]
    root = tmp_path / "root.pem"
    root.write_bytes(case.root.public_bytes(Encoding.PEM))
    with nginx(Shape.TLS13_ONLY, ca=ROOT, chains=[case.chain]) as server:
        shown, _ = look((server.address, server.https_port), wanted=frozenset({Certificates}))
        assert shown.chains[0].der == case.chain.der
        at = f"{server.address}:{server.https_port}"
        options = ["-connect", at, "-servername", server.name, "-CAfile", str(root), "-verify_return_error", "-brief"]
        handshake = subprocess.run(
            [require("openssl", "openssl"), "s_client", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    trusted = verdict(case.chain, case.root) is None
    assert (handshake.returncode == 0) == (trusted and name not in OUTSIDE)
    if name in OUTSIDE:
        assert trusted
        assert f"certificate {'has expired' if name == 'expired' else 'is not yet valid'}" in handshake.stderr


def _made_by_openssl(folder: Path, key: list[str], sign: list[str]) -> tuple[Chain, x509.Certificate]:
    _openssl(folder, "req", "-x509", *key, "-nodes", "-subj", "/CN=root", "-keyout", "root.key", "-out", "root.crt")
    return _leaf_of_openssl(folder, sign)


def _leaf_of_openssl(folder: Path, sign: list[str]) -> tuple[Chain, x509.Certificate]:
    (folder / "leaf.key").write_bytes(INTERMEDIATE.leaf(kind=KeyKind.RSA2048).key_pem)
    _openssl(folder, "req", "-new", "-key", "leaf.key", "-subj", "/CN=leaf", "-out", "leaf.csr")
    issuer = ["-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial"]
    _openssl(folder, "x509", "-req", "-in", "leaf.csr", *issuer, "-days", "20", "-out", "leaf.crt", *sign)
    leaf, root = (x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in ("leaf.crt", "root.crt"))
    return Chain((leaf,), INTERMEDIATE.leaf(kind=KeyKind.RSA2048).key), root


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([require("openssl", "openssl"), *arguments], cwd=folder, capture_output=True, check=True)
