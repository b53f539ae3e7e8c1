"""What is learned from the certificates that a server sends, and that no certificate can end an audit."""

import datetime as dt
import gc
import hashlib
import re
import tracemalloc
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.servers import CertificateAuthority, Chain, KeyKind, self_signed
from tests.servers.ca import AUTHORITY, Extension
from tlsaudit.evidence import Certificate, Certificates, Lint, NotObserved, Reason
from tlsaudit.probe.certificate import RootFile, ShownChain, TrustStoreError, TrustStores, certificates, key_type

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
BEFORE = dt.datetime(2026, 10, 1, 6, 30, tzinfo=dt.UTC)
AFTER = dt.datetime(2026, 12, 30, 6, 29, 59, tzinfo=dt.UTC)

CA = CertificateAuthority(
    not_before=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), not_after=dt.datetime(2036, 1, 1, tzinfo=dt.UTC)
)
ROOT_PEM = CA.certificate.public_bytes(Encoding.PEM)
NEWLINE = b"\n"
_GOOD = CA.intermediate().leaf(ips=["192.0.2.1"], not_before=BEFORE, not_after=AFTER)
GOOD, GOOD_SERIAL = _GOOD.der, _GOOD.leaf.serial_number


def one_of_many(number: int) -> bytes:
    """A certificate that differs from the others in its serial number alone; the signature is wrong."""
    serial = GOOD_SERIAL.to_bytes(20, "big")
    return GOOD[0].replace(serial[-4:], number.to_bytes(4, "big"), 1)


def look(*chains: tuple[bytes, ...], trust: TrustStores | None = None) -> Certificates | NotObserved:
    shown = [ShownChain(chain) for chain in chains]
    return certificates("www.example.org", shown, trust or TrustStores.of(CA.certificate), NOW)


def leaf_of(chain: Chain) -> Certificate:
    seen = look(chain.der)
    assert isinstance(seen, Certificates)
    return seen.chains[0].leaf


def test_the_facts_of_a_leaf() -> None:
    names = ["www.example.org", "*.Example.org"]
    addresses = ["192.0.2.1", "2001:db8::1"]
    chain = CA.leaf(names, ips=addresses, not_before=BEFORE, not_after=AFTER)
    key = chain.key.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert leaf_of(chain) == Certificate(
        sha256=hashlib.sha256(chain.der[0]).hexdigest(),
        subject="CN=www.example.org",
        issuer="CN=Test root",
        serial=f"{chain.leaf.serial_number:x}",
        not_before=BEFORE,
        not_after=AFTER,
        dns_names=tuple(names),
        ip_addresses=tuple(addresses),
        key_type="ECDSA",
        key_bits=256,
        signature_algorithm="ECDSA_WITH_SHA256",
        self_issued=False,
        der_bytes=len(chain.der[0]),
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        curve="secp256r1",
        signature_hash="sha256",
        subject_key_id=x509.SubjectKeyIdentifier.from_public_key(key).digest.hex(),
        authority_key_id=x509.SubjectKeyIdentifier.from_public_key(CA.key.public_key()).digest.hex(),
        usages=("serverAuth",),
    )


def _timestamps(*logs: int) -> x509.UnrecognizedExtension:
    """An SCT list (RFC 6962 section 3.3), an entry for each of these logs."""
    entries = [b"\0" + bytes([log]) * 32 + bytes(8) + bytes(2) + b"\4\3" + b"\0\1\0" for log in logs]
    listed = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    value = (len(listed)).to_bytes(2, "big") + listed
    octets = b"\x04" + (bytes([len(value)]) if len(value) < 128 else b"\x81" + bytes([len(value)])) + value
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), octets)


URLS = {kind: f"http://{kind}.example.org/" for kind in ("ocsp", "issuer", "list")}


def _rich(kind: KeyKind = KeyKind.P256) -> Chain:
    """A leaf, and an authority, with every extension that is read."""
    method = AuthorityInformationAccessOID
    access = [
        x509.AccessDescription(oid, x509.UniformResourceIdentifier(url))
        for oid, url in ((method.OCSP, URLS["ocsp"]), (method.CA_ISSUERS, URLS["issuer"]))
    ]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(URLS["list"])], None, None, None)
    extensions: list[Extension] = [
        *AUTHORITY,
        (x509.AuthorityInformationAccess(access), False),
        (x509.CRLDistributionPoints([point]), False),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (x509.NameConstraints([x509.DNSName("example.org")], None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.2.3.4")]), False),
        (_timestamps(1, 2, 2), False),
    ]
    return CA.leaf(kind=kind, extensions=extensions)


def test_what_the_extensions_say() -> None:
    leaf = leaf_of(_rich())
    assert leaf.is_ca
    assert leaf.name_constraints
    assert leaf.must_staple
    assert (leaf.ocsp_urls, leaf.issuer_urls, leaf.crl_urls) == tuple((url,) for url in URLS.values())
    assert leaf.usages == ("serverAuth", "1.2.3.4")
    assert leaf.embedded_logs == 2


RICH = _rich(KeyKind.RSA2048).der[0]


@given(st.lists(st.tuples(st.integers(0, len(RICH) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_whatever_becomes_of_a_certificate_is_no_error(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(RICH)
    for place, value in changes:
        changed[place] = value
    seen = look((bytes(changed), CA.certificate.public_bytes(Encoding.DER)))
    assert isinstance(seen, NotObserved) or len(seen.chains[0].roles) == 2


@pytest.mark.parametrize(
    ("kind", "key_type", "key_bits", "signature_algorithm"),
    [
        (KeyKind.P256, "ECDSA", 256, "ECDSA_WITH_SHA256"),
        (KeyKind.P384, "ECDSA", 384, "ECDSA_WITH_SHA256"),
        (KeyKind.RSA1024, "RSA", 1024, "RSA_WITH_SHA256"),
        (KeyKind.RSA2048, "RSA", 2048, "RSA_WITH_SHA256"),
        (KeyKind.ED25519, "Ed25519", 256, "ED25519"),
    ],
)
def test_keys(kind: KeyKind, key_type: str, key_bits: int, signature_algorithm: str) -> None:
    leaf = leaf_of(self_signed(kind=kind))
    assert (leaf.key_type, leaf.key_bits, leaf.signature_algorithm) == (key_type, key_bits, signature_algorithm)
    assert leaf.self_issued


def test_without_subject_alternative_names_there_are_no_names() -> None:
    leaf = leaf_of(CA.leaf((), common_name="www.example.org"))
    assert leaf.subject == "CN=www.example.org"
    assert leaf.dns_names == ()
    assert leaf.ip_addresses == ()


def test_ten_thousand_names_are_kept_and_more_than_twice_as_many_are_too_many() -> None:
    names = [f"host{number}.example.org" for number in range(20_001)]
    assert leaf_of(CA.leaf(names[:10_000])).dns_names == tuple(names[:10_000])
    assert look(CA.leaf(names).der) == NotObserved(Reason.TOO_LARGE, "a certificate with 20001 names")


def test_what_is_remembered_of_one_certificate_is_never_told_of_another() -> None:
    for number in (0, 1, 0, 2, 1, 0):
        der = one_of_many(number)
        seen = look((der,))
        assert isinstance(seen, Certificates)
        assert seen.chains[0].leaf.serial == f"{(GOOD_SERIAL >> 32 << 32) + number:x}"
        assert seen.chains[0].leaf.sha256 == hashlib.sha256(der).hexdigest()


def test_what_is_remembered_does_not_grow_with_the_fleet() -> None:
    def kept_after(numbers: range) -> int:
        """Bytes."""
        assert {key_type(one_of_many(number)) for number in numbers} == {"ECDSA"}
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few = kept_after(range(300))
        assert kept_after(range(300, 900)) < few + 100_000
    finally:
        tracemalloc.stop()


def test_all_chains_are_told_leaf_first() -> None:
    rsa = CA.intermediate().leaf(kind=KeyKind.RSA2048)
    ecdsa = self_signed()
    seen = look(rsa.der, ecdsa.der)
    assert isinstance(seen, Certificates)
    assert seen.host == "www.example.org"
    assert seen.observed_at == NOW
    assert [[item.subject for item in chain.certificates] for chain in seen.chains] == [
        ["CN=www.example.org", "CN=Test intermediate"],
        ["CN=www.example.org"],
    ]
    assert [chain.trust_error for chain in seen.chains] == [None, "the certificate is self-signed"]


@pytest.mark.parametrize(
    ("value", "lints"),
    [
        (b"\x30\x03\x82\x01\xff", (Lint.EXTENSIONS_UNREADABLE, Lint.NAME_NOT_ASCII)),
        (b"\x30\x02\xa3\x00", (Lint.EXTENSIONS_UNREADABLE,)),
        (b"garbage", (Lint.EXTENSIONS_UNREADABLE,)),
    ],
    ids=["a name that is no ASCII", "a name of an old kind", "garbage"],
)
def test_a_broken_extension_is_told_and_the_rest_is_read(value: bytes, lints: tuple[Lint, ...]) -> None:
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), value)
    leaf = leaf_of(CA.leaf((), common_name="www.example.org", extensions=[(broken, False)]))
    assert leaf.lints == lints
    assert (leaf.subject, leaf.dns_names, leaf.key_type) == ("CN=www.example.org", (), "ECDSA")


@pytest.mark.parametrize(
    ("chains", "reason"),
    [
        ([], Reason.PROBE_FAILED),
        ([()], Reason.PROBE_FAILED),
        ([(b"",)], Reason.PROBE_FAILED),
        ([(b"\x30\x82",)], Reason.PROBE_FAILED),
        ([GOOD, (GOOD[0], b"no certificate")], Reason.PROBE_FAILED),
        ([GOOD] * 9, Reason.TOO_LARGE),
        ([GOOD * 101], Reason.TOO_LARGE),
    ],
    ids=["no chain", "an empty chain", "nothing", "half", "one bad of two", "many chains", "a long chain"],
)
def test_what_cannot_be_read_is_not_observed(chains: list[tuple[bytes, ...]], reason: Reason) -> None:
    seen = look(*chains)
    assert isinstance(seen, NotObserved)
    assert seen.reason is reason


@given(st.sampled_from([0, 1]), st.integers(0), st.integers(0, 255))
def test_a_changed_byte_is_never_trusted_and_never_an_error(which: int, position: int, value: int) -> None:
    changed = [bytearray(der) for der in GOOD]
    place = position % len(changed[which])
    assume(changed[which][place] != value)
    # How many bits of the signature are unused is not signed itself, and 1 is as good as 0 where its last bit is 0.
    assume(place != len(GOOD[which]) - len(x509.load_der_x509_certificate(GOOD[which]).signature) - 1)
    changed[which][place] = value
    seen = look(tuple(bytes(der) for der in changed))
    assert isinstance(seen, NotObserved) or seen.chains[0].trust_error is not None


def test_the_trust_store_is_mozillas_unless_a_file_is_named(tmp_path: Path) -> None:
    own = TrustStores.load(RootFile("own", CA.write(tmp_path)))
    mozilla = TrustStores.load()
    assert [_trust_error(GOOD, store) for store in (own, mozilla)] == [
        None,
        "the issuer CN=Test root is neither trusted nor sent",
    ]


def test_a_file_may_hold_several_roots_and_text_between_them(tmp_path: Path) -> None:
    other = CertificateAuthority("Other root")
    file = tmp_path / "roots.pem"
    blocks = [item.public_bytes(Encoding.PEM) for item in (other.certificate, CA.certificate)]
    file.write_bytes(b"# Roots\n" + b"\n# and another\n".join(blocks))
    store = TrustStores.load(RootFile("own", file))
    assert _trust_error(GOOD, store) is None
    assert _trust_error(other.leaf().der, store) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        (b"", "no certificate in it: a PEM file of trusted roots is needed"),
        (CA.certificate.public_bytes(Encoding.DER), "no certificate in it: a PEM file of trusted roots is needed"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "1: a certificate cannot be read"),
        (b"# \n-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "2: a certificate cannot be read"),
        (
            ROOT_PEM + b"\n-----BEGIN CERTIFICATE-----\n" + ROOT_PEM,
            f"{ROOT_PEM.count(NEWLINE) + 2}: the certificate that begins here does not end",
        ),
        (ROOT_PEM.replace(b"MII", b"M!I", 1), "1: a certificate cannot be read: what it holds is not base64"),
    ],
    ids=["missing", "empty", "DER", "no certificate", "no base64", "no end", "a bad character"],
)
def test_a_useless_file_of_roots_is_one_clear_line(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TrustStoreError) as error:
        TrustStores.load(RootFile("own", file))
    assert re.match(rf"{re.escape(str(file))}: ?{re.escape(said)}", str(error.value))
    assert "\n" not in str(error.value)


def test_a_folder_is_no_file_of_roots(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match="Is a directory"):
        TrustStores.load(RootFile("own", tmp_path))


def _trust_error(chain: tuple[bytes, ...], trust: TrustStores) -> str | None:
    seen = look(chain, trust=trust)
    assert isinstance(seen, Certificates)
    return seen.chains[0].trust_error
