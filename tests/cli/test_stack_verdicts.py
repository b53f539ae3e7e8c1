"""The right verdicts on TLS stacks of other times and makers, which serve what OpenSSL 3.0 will not."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority
from tests.servers.caddy import Caddy, caddy
from tests.servers.plan import DH_512
from tests.servers.stacks import NAME, Listener, node

Start = Callable[[CertificateAuthority], AbstractContextManager[Listener | Caddy]]


def _openssl_1_0_0(ca: CertificateAuthority) -> AbstractContextManager[Listener]:
    return node(ca, "0.8.28", ciphers="ALL")


def _openssl_1_0_1(ca: CertificateAuthority) -> AbstractContextManager[Listener]:
    return node(ca, "0.12.0", ciphers="ALL", dhparam=str(DH_512))


def _openssl_3_5(ca: CertificateAuthority) -> AbstractContextManager[Listener]:
    return node(ca, "24.21.0")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (
            _openssl_1_0_0,
            {
                "tls-versions": ("fail", "SSL 2.0, SSL 3.0 and TLS 1.0 are served"),
                "broken-suites": (
                    "fail",
                    "cipher suites of export strength: SSL_CK_RC4_128_EXPORT40_WITH_MD5 and 1 more",
                ),
                "pfs-suites": ("fail", "no cipher suite is forward secret"),
                "extended-master-secret": (
                    "fail",
                    "extended_master_secret is not answered: sessions can be made to share a secret",
                ),
                "secure-renegotiation": ("pass", "renegotiation_info is answered"),
                "obsolete-key-exchange": ("not_applicable", "TLS 1.2 is not served"),
            },
        ),
        (
            _openssl_1_0_1,
            {
                "dh-parameters": ("fail", "the Diffie-Hellman prime has 512 bits: one of its own"),
                "downgrade-protection": ("pass", "an answer below what both sides know is marked, or refused"),
                "encrypt-then-mac": ("fail", "encrypt_then_mac is not answered, and CBC suites are served"),
                "ephemeral-key-reuse": ("pass", "every key share was a new one: finite field, secp256r1"),
            },
        ),
        (
            caddy,
            {
                "broken-suites": ("pass", "none of 6 cipher suites is broken"),
                "obsolete-key-exchange": ("pass", "neither RSA nor finite-field Diffie-Hellman in TLS 1.2"),
                "encrypt-then-mac": ("not_applicable", "no CBC suite was seen"),
            },
        ),
        (
            _openssl_3_5,
            {
                "post-quantum-groups": ("pass", "X25519MLKEM768 is served"),
                "tls-tolerance": ("pass", "every hello was answered, or refused for what it offers"),
                "tls-versions": ("pass", "TLS 1.3 and TLS 1.2, nothing older"),
            },
        ),
    ],
)
def test_verdicts(start: Start, expected: dict[str, tuple[str, str]], ca: CertificateAuthority) -> None:
    selected = [option for check in expected for option in ("--select", check)]
    with start(ca) as listener:
        way = f"{NAME}:443:{listener.address}:{listener.port}"
        done = tlsaudit("scan", NAME, "-4", "--connect-to", way, *selected, "--format", "json")
    found = {finding["check"]: (finding["outcome"], finding["message"]) for finding in done.document["findings"]}
    assert found == expected
