"""What passes between the sites is encrypted by ESP with algorithms that hold.

## Rationale
IPsec can be up and encrypt nothing: AH alone authenticates, and so does ESP with ENCR_NULL. DES, and everything whose
blocks have 64 bits (3DES, Blowfish, CAST, IDEA), gives plain text away on a link that carries much (Sweet32). MD5 and
SHA-1 are not to be used for integrity any more, and encryption without any lets whoever is on the way change what is
decrypted. An AEAD algorithm, such as AES-GCM, does both in one, and faster; ChaCha20-Poly1305 is as good.

## Remediation
Propose one or two AEAD suites at both gateways, and nothing older: what both propose is what an upgrade falls back to.

- swanctl: `esp_proposals = aes256gcm16-x25519`
- libreswan: `esp=aes_gcm256`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Severity, Verdict, check, child_sas, failed, passed, unknown
from tlsaudit.evidence import ChildSa, LinkState

_AEAD = ("ENCR_AES_GCM_", "ENCR_AES_CCM_", "ENCR_CHACHA20_POLY1305", "ENCR_CAMELLIA_CCM_")
_SOUND = ("ENCR_AES_CBC", "ENCR_AES_CTR", "ENCR_CAMELLIA_CBC", "ENCR_CAMELLIA_CTR")
_EMPTY = ("ENCR_NULL", "ENCR_NULL_AUTH_AES_GMAC")
_WEAK = {
    "ENCR_DES": "anybody can break it",
    "ENCR_DES_IV64": "anybody can break it",
    "ENCR_DES_IV32": "anybody can break it",
    "ENCR_3DES": "its blocks are too short",
    "ENCR_BLOWFISH": "its blocks are too short",
    "ENCR_CAST": "its blocks are too short",
    "ENCR_IDEA": "its blocks are too short",
    "ENCR_3IDEA": "its blocks are too short",
    "ENCR_RC5": "its blocks are too short",
}
_INTEGRITY = ("AUTH_HMAC_SHA2_", "AUTH_AES_XCBC_", "AUTH_AES_CMAC_", "AUTH_AES_128_GMAC", "AUTH_AES_256_GMAC")


@check(
    title="ESP encrypts with sound algorithms",
    severity=Severity.HIGH,
    tags={"ipsec"},
    references=("RFC 4303", "RFC 8221 sections 3, 5 and 6", "RFC 9395", "NIST SP 800-77r1"),
)
def ipsec_encryption(link: LinkState, *, aead_only: bool = False, minimum_bits: int = 128) -> Iterator[Verdict]:
    judged: dict[tuple[Fact, ...], Verdict] = {}
    for view in link.views:
        for child in child_sas(link, view):
            key = (view.source, child.protocol, child.encryption, child.key_bits, child.integrity)
            judged.setdefault(key, _judge(child, view.source, aead_only=aead_only, minimum_bits=minimum_bits))
    if not judged:
        yield unknown("no security association of this link was seen")
    yield from judged.values()


def _judge(child: ChildSa, source: str, *, aead_only: bool, minimum_bits: int) -> Verdict:
    facts: dict[str, Fact] = {
        "protocol": child.protocol,
        "mode": child.mode,
        "encryption": child.encryption,
        "bits": child.key_bits,
        "integrity": child.integrity,
    }
    name = child.encryption
    if fault := _fault(child, aead_only=aead_only, minimum_bits=minimum_bits):
        return failed(f"{fault} ({source})", **facts)
    if name is None:
        return unknown(f"the algorithm of ESP is not told ({source})", **facts)
    if not name.startswith((*_AEAD, *_SOUND)):
        return unknown(f"an algorithm that is not known here: {name} ({source})", **facts)
    bits = f", {child.key_bits} bits" if child.key_bits else ""
    beside = "" if name.startswith(_AEAD) else f" and {child.integrity}"
    return passed(f"ESP encrypts with {name}{bits}{beside} ({source})", **facts)


def _fault(child: ChildSa, *, aead_only: bool, minimum_bits: int) -> str | None:
    name = child.encryption or ""
    if child.protocol == "AH":
        return "AH alone encrypts nothing"
    if name in _EMPTY:
        return f"ESP encrypts nothing: {name}"
    if name in _WEAK:
        return f"ESP encrypts with {name}: {_WEAK[name]}"
    if child.key_bits is not None and child.key_bits < minimum_bits:
        return f"ESP encrypts with a key of {child.key_bits} bits: {name}"
    sound = (child.integrity or "").startswith(_INTEGRITY)
    if name in _SOUND and (aead_only or not sound):
        return f"{name} is no AEAD algorithm" if sound else f"ESP is authenticated by {child.integrity or 'nothing'}"
    return None
