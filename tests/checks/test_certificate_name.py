import subprocess

import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import judge
from tests.servers import CertificateAuthority, require

# host, names in the certificate, whether they match (RFC 9525 section 6.3)
DNS = [
    ("www.example.org", ["www.example.org"], True),
    ("www.example.org", ["example.org", "www.example.org"], True),
    ("WWW.Example.ORG", ["www.eXample.org"], True),
    ("www.example.org", ["www.example.org."], False),
    ("www.example.org", ["example.org"], False),
    ("example.org", ["www.example.org"], False),
    ("wwwxexample.org", ["www.example.org"], False),
    ("www.example.org", ["*.example.org"], True),
    ("www.example.org", ["*.EXAMPLE.org"], True),
    ("example.org", ["*.example.org"], False),
    ("a.b.example.org", ["*.example.org"], False),
    ("a.b.example.org", ["*.b.example.org"], True),
    ("a.b.example.org", ["a.*.example.org"], False),
    ("a.b.example.org", ["*.*.example.org"], False),
    ("www.example.org", ["**.example.org"], False),
    ("www.example.org", ["www.*.org"], False),
    ("www.example.org", ["*"], False),
    ("www.example.org", ["*."], False),
    ("www.example.org", [".example.org"], False),
    ("example.org", ["*.org"], False),
    ("localhost", ["localhost"], True),
    ("localhost", ["*"], False),
    ("xn--bcher-kva.example.org", ["xn--bcher-kva.example.org"], True),
    ("xn--bcher-kva.example.org", ["XN--BCHER-KVA.example.org"], True),
    ("xn--bcher-kva.example.org", ["*.example.org"], True),
    ("xn--bcher-kva.example.org", ["xn--*.example.org"], False),
]

# The final dot is OpenSSL's caller's business, addresses are another question, and `w*` is older than RFC 9525.
OPENSSL_DIFFERS = [
    ("www.example.org.", ["www.example.org"], True),
    ("www.example.org", ["w*.example.org"], False),
    ("www.example.org", ["*w.example.org"], False),
    ("xn--bcher-kva.example.org", ["bücher.example.org"], False),
    ("192.0.2.1", ["192.0.2.1"], False),
    ("192.0.2.1", ["*.0.2.1"], False),
]

# host, addresses in the certificate, whether they match (RFC 9525 section 6.4)
IP = [
    ("192.0.2.1", ["192.0.2.1"], True),
    ("192.0.2.1", ["192.0.2.2"], False),
    ("2001:db8::1", ["2001:db8:0::1"], True),
    ("2001:DB8::1", ["2001:db8::1"], True),
    ("2001:db8::1", ["192.0.2.1"], False),
    ("www.example.org", ["192.0.2.1"], False),
]


@pytest.mark.parametrize(("host", "names", "match"), DNS + OPENSSL_DIFFERS)
def test_dns_names(host: str, names: list[str], match: bool) -> None:
    [(outcome, _)] = judge("certificate-name", certificates(chain(certificate(*names)), host=host))
    assert outcome == ("pass" if match else "fail")


@pytest.mark.parametrize(("host", "addresses", "match"), IP)
def test_ip_addresses(host: str, addresses: list[str], match: bool) -> None:
    leaf = certificate(ip_addresses=addresses)
    [(outcome, _)] = judge("certificate-name", certificates(chain(leaf), host=host))
    assert outcome == ("pass" if match else "fail")


@pytest.mark.parametrize(("host", "names", "match"), DNS)
def test_openssl_agrees(host: str, names: list[str], match: bool) -> None:
    leaf = CertificateAuthority().leaf(names).pem
    command = [require("openssl", "openssl"), "x509", "-noout", "-checkhost", host]
    said = subprocess.run(command, input=leaf, capture_output=True, check=True).stdout.decode()
    assert said.strip().endswith("does match certificate") == match


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["www.example.org"], "names www.example.org"),
        (["*.example.org"], "*.example.org covers www.example.org"),
        (["a.example.org"], "does not name www.example.org, only a.example.org"),
        (["a.org", "b.org", "c.org", "d.org"], "does not name www.example.org, only a.org, b.org, c.org and 1 more"),
        ([], "has no subject alternative name, so it names no host"),
    ],
)
def test_messages(names: list[str], message: str) -> None:
    [(_, said)] = judge("certificate-name", certificates(chain(certificate(*names))))
    assert said == message


def test_every_chain_is_judged() -> None:
    good = chain(certificate("www.example.org"))
    stale = chain(certificate("old.example.org", key_type="RSA"))
    assert judge("certificate-name", certificates(good, stale)) == [
        ("pass", "ECDSA certificate: names www.example.org"),
        ("fail", "RSA certificate: does not name www.example.org, only old.example.org"),
    ]
