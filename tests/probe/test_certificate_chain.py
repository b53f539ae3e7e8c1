"""How what a server sends leads to a root, and which store's."""

import datetime as dt
from pathlib import Path

import certifi
import pytest
from cryptography import x509

from tests.servers import CertificateAuthority, Chain, self_signed
from tlsaudit.evidence import CertificateChain, Certificates, Role
from tlsaudit.probe.certificate import RootFile, ShownChain, TrustStoreError, TrustStores, certificates

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
ROOT = CertificateAuthority()
OLDER = CertificateAuthority("Older root")
OTHER = CertificateAuthority("Other root")
LEAF = ROOT.intermediate("Upper").intermediate("Lower").leaf()
LOWER, UPPER = LEAF.certificates[1:]

# The same name and key as the root, signed by an older one for clients that know only that.
CROSS = CertificateAuthority("Test root", issuer=OLDER).certificate
EXPIRED = CertificateAuthority("Upper", issuer=OTHER, not_before=NOW - 90 * DAY, not_after=NOW - DAY).certificate

PATH, BESIDE = Role.PATH, Role.CROSS_SIGN


def seen(stores: TrustStores, *sent: x509.Certificate) -> CertificateChain:
    looked = certificates("www.example.org", [ShownChain(Chain(sent, LEAF.key).der)], stores, NOW)
    assert isinstance(looked, Certificates)
    return looked.chains[0]


@pytest.mark.parametrize(
    ("sent", "path", "roles"),
    [
        ((LEAF.leaf, LOWER, UPPER), (0, 1, 2), (PATH, PATH, PATH)),
        ((LEAF.leaf, LOWER, UPPER, ROOT.certificate), (0, 1, 2), (PATH, PATH, PATH, Role.ROOT)),
        ((LEAF.leaf, UPPER, LOWER), (0, 2, 1), (PATH, PATH, PATH)),
        ((LEAF.leaf, LOWER, LOWER, UPPER), (0, 1, 3), (PATH, PATH, Role.DUPLICATE, PATH)),
        ((LEAF.leaf, LOWER, UPPER, OTHER.certificate), (0, 1, 2), (PATH, PATH, PATH, Role.UNRELATED)),
        ((LEAF.leaf, LOWER, UPPER, CROSS), (0, 1, 2), (PATH, PATH, PATH, BESIDE)),
        ((LEAF.leaf, LOWER, UPPER, CROSS, OLDER.certificate), (0, 1, 2), (PATH, PATH, PATH, BESIDE, BESIDE)),
        ((LEAF.leaf, LOWER, EXPIRED, UPPER), (0, 1, 3), (PATH, PATH, BESIDE, PATH)),
    ],
    ids=["good", "root", "wrong order", "twice", "unrelated", "cross-sign", "cross-sign and its root", "expired"],
)
def test_a_chain_that_leads_to_the_root(
    sent: tuple[x509.Certificate, ...], path: tuple[int, ...], roles: tuple[Role, ...]
) -> None:
    chain = seen(TrustStores.of(ROOT.certificate), *sent)
    assert (chain.trust_error, chain.root) == (None, "CN=Test root")
    assert (chain.path, chain.roles) == (path, roles)


def test_who_knows_the_older_root_alone_goes_over_the_cross_sign() -> None:
    chain = seen(TrustStores.of(OLDER.certificate), LEAF.leaf, LOWER, UPPER, CROSS)
    assert (chain.trust_error, chain.root, chain.path) == (None, "CN=Older root", (0, 1, 2, 3))


@pytest.mark.parametrize(
    ("sent", "path", "roles"),
    [
        ((LEAF.leaf,), (0,), (PATH,)),
        ((LEAF.leaf, UPPER), (0,), (PATH, Role.UNRELATED)),
        ((LEAF.leaf, LOWER, UPPER, ROOT.certificate), (0, 1, 2, 3), (PATH, PATH, PATH, Role.ROOT)),
        ((self_signed().leaf,), (0,), (PATH,)),
    ],
    ids=["alone", "a gap", "another root", "self-signed"],
)
def test_a_chain_that_leads_to_none(
    sent: tuple[x509.Certificate, ...], path: tuple[int, ...], roles: tuple[Role, ...]
) -> None:
    chain = seen(TrustStores.of(OTHER.certificate), *sent)
    assert chain.trust_error is not None
    assert (chain.root, chain.path, chain.roles) == (None, path, roles)


def test_where_the_missing_issuer_is_is_told() -> None:
    where = x509.UniformResourceIdentifier("http://ca.example.org/lower.crt")
    access = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, where)
    leaf = ROOT.intermediate("Lower").leaf(extensions=[(x509.AuthorityInformationAccess([access]), False)])
    assert seen(TrustStores.of(ROOT.certificate), leaf.leaf).trust_error == (
        "the issuer CN=Lower is neither trusted nor sent (missing intermediate?); it is at http://ca.example.org/lower.crt"
    )


def test_of_several_stores_one_is_enough(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    files = RootFile("ours", ROOT.write(tmp_path)), RootFile("theirs", OTHER.write(tmp_path / "b"))
    for order in (files, files[::-1]):
        chain = seen(TrustStores.load(*order), LEAF.leaf, LOWER, UPPER)
        assert chain.trust_error is None
        assert dict(chain.stores) == {"ours": None, "theirs": "the issuer CN=Test root is neither trusted nor sent"}
        assert (chain.root, chain.path, chain.public) == ("CN=Test root", (0, 1, 2), False)


def test_what_leads_to_a_root_of_mozillas_is_public_whatever_the_user_trusts() -> None:
    root = x509.load_pem_x509_certificate(Path(certifi.where()).read_bytes())  # the first of them
    assert seen(TrustStores.of(ROOT.certificate), root).public
    assert not seen(TrustStores.of(ROOT.certificate), ROOT.certificate).public


def test_two_stores_of_one_name_are_an_error(tmp_path: Path) -> None:
    file = ROOT.write(tmp_path)
    with pytest.raises(TrustStoreError, match=r"two stores are called ca\.pem: name one NAME="):
        TrustStores.load(RootFile.parse(str(file)), RootFile.parse(str(file)))


@pytest.mark.parametrize(
    ("written", "name", "path"),
    [
        ("corp.pem", "corp.pem", "corp.pem"),
        ("/etc/ssl/corp.pem", "corp.pem", "/etc/ssl/corp.pem"),
        ("java=cacerts.pem", "java", "cacerts.pem"),
        ("java=a=b.pem", "java", "a=b.pem"),
        ("./a=b.pem", "a=b.pem", "a=b.pem"),
        ("mozilla", "mozilla", certifi.where()),
        ("./mozilla", "mozilla", "mozilla"),
    ],
)
def test_how_stores_are_named(written: str, name: str, path: str) -> None:
    assert RootFile.parse(written) == RootFile(name, Path(path))
