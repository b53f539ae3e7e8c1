"""The keys of the certificate and of its issuers cannot be worked out.

## Rationale
A key that is too short is found by computing power that money buys, and whoever has it can be the server. RSA keys
below 2048 bits and curves below 256 are no longer trusted by anybody. A key may be long and weak all the same: with a
small public exponent, with primes so close to each other that their product gives them away (CVE-2022-26320), with a
small factor, or from the chips of 2012 to 2017 whose keys can be told by their looks and computed (ROCA,
CVE-2017-15361).

The public key alone is looked at, so that what a bad random generator made is seen only where it shows there.

## Remediation
Make a new key with a current library, and have a certificate issued for it: `openssl genpkey -algorithm EC -pkeyopt
ec_paramgen_curve:P-256`. An issuer's key is for the authority to replace; ask another one.

- nginx: `ssl_certificate_key /etc/ssl/private/new.key;`
- apache: `SSLCertificateKeyFile /etc/ssl/private/new.key`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import UNDETAILED, Certificate, Certificates, KeyFault

_FAULTS: dict[str, str] = {
    KeyFault.SMALL_EXPONENT: "a public exponent below 65537",
    KeyFault.EVEN_EXPONENT: "an even public exponent",
    KeyFault.LARGE_EXPONENT: "a public exponent of more than 256 bits",
    KeyFault.SMALL_FACTOR: "a modulus with a small factor",
    KeyFault.CLOSE_PRIMES: "primes so close to each other that they can be found",
    KeyFault.ROCA: "the looks of a key from a chip with the ROCA weakness",
}
_FIXED = {"Ed25519", "Ed448"}
_CURVES_OF_BROWSERS = {"secp256r1", "secp384r1"}


@check(
    title="The certificate's keys are strong",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=(
        "CA/Browser Forum Baseline Requirements section 6.1.5",
        "CA/Browser Forum Baseline Requirements section 6.1.6",
        "NIST SP 800-57 part 1",
    ),
)
def certificate_key(certificates: Certificates, *, rsa_bits: int = 2048, ec_bits: int = 256) -> Iterator[Verdict]:
    least = {"RSA": rsa_bits, "ECDSA": ec_bits}
    for label, chain in certificates.labelled():
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
            continue
        leaf = chain.leaf
        facts: dict[str, Fact] = {
            "type": leaf.key_type,
            "bits": leaf.key_bits,
            "curve": leaf.curve,
            "exponent": leaf.rsa_exponent,
            "spki_sha256": leaf.spki_sha256,
        }
        faults = [f"{item.subject} has {fault}" for item in chain.signed for fault in _faults(item, least)]
        odd = next((item for item in chain.signed if item.key_type not in least and item.key_type not in _FIXED), None)
        for fault in faults:
            yield failed(f"{label}{fault}", **facts)
        if odd and odd.key_type != "DSA":
            yield unknown(f"{label}{odd.subject} has a key of a kind that is not known here: {odd.key_type}", **facts)
        elif not faults:
            yield passed(f"{label}{_name(leaf)}", **facts)


def _faults(certificate: Certificate, least: dict[str, int]) -> Iterator[str]:
    if certificate.key_type == "DSA":
        yield "a DSA key, which no client takes"
    elif certificate.key_bits < least.get(certificate.key_type, 0):
        yield f"an {certificate.key_type} key of only {certificate.key_bits} bits"
    for code in certificate.key_faults:
        yield _FAULTS.get(code, code)


def _name(certificate: Certificate) -> str:
    said = f"{certificate.key_type}, {certificate.curve or f'{certificate.key_bits} bits'}"
    common = certificate.key_type == "RSA" or certificate.curve in _CURVES_OF_BROWSERS
    return said if common else f"{said}: strong, but Chrome takes no such key"
