"""Algorithms by their names in IANA's registry of IKEv2 transforms, whoever spells them how.

RFC 7296 section 3.3.2 made the registry; RFC 9370 and drafts added the groups with ML-KEM. What is not known here keeps
its own name, so that nobody takes it for something else.
"""

import re
from typing import NamedTuple

_ENCRYPTION = {
    "3DES_CBC": "ENCR_3DES",
    "DES_CBC": "ENCR_DES",
    "BLOWFISH_CBC": "ENCR_BLOWFISH",
    "CAST_CBC": "ENCR_CAST",
    "IDEA_CBC": "ENCR_IDEA",
    "NULL_AES_GMAC": "ENCR_NULL_AUTH_AES_GMAC",
    # The kernel's (crypto API) names, as ip-xfrm(8) prints them.
    "cbc(aes)": "ENCR_AES_CBC",
    "rfc3686(ctr(aes))": "ENCR_AES_CTR",
    "cbc(camellia)": "ENCR_CAMELLIA_CBC",
    "cbc(des3_ede)": "ENCR_3DES",
    "cbc(des)": "ENCR_DES",
    "cbc(blowfish)": "ENCR_BLOWFISH",
    "cbc(cast5)": "ENCR_CAST",
    "ecb(cipher_null)": "ENCR_NULL",
    "cipher_null": "ENCR_NULL",
    "rfc4543(gcm(aes))": "ENCR_NULL_AUTH_AES_GMAC",
    "rfc7539esp(chacha20,poly1305)": "ENCR_CHACHA20_POLY1305",
}
_AEAD_OF_KERNEL = {"rfc4106(gcm(aes))": "ENCR_AES_GCM", "rfc4309(ccm(aes))": "ENCR_AES_CCM"}

_INTEGRITY = {
    "hmac(md5)": "AUTH_HMAC_MD5_96",
    "hmac(sha1)": "AUTH_HMAC_SHA1_96",
    "hmac(sha256)": "AUTH_HMAC_SHA2_256_128",
    "hmac(sha384)": "AUTH_HMAC_SHA2_384_192",
    "hmac(sha512)": "AUTH_HMAC_SHA2_512_256",
    "xcbc(aes)": "AUTH_AES_XCBC_96",
    "cmac(aes)": "AUTH_AES_CMAC_96",
}

_GROUPS = {
    "CURVE_25519": "CURVE25519",
    "CURVE_448": "CURVE448",
    "X25519": "CURVE25519",
    "DH19": "ECP-256",
    "DH20": "ECP-384",
    "DH21": "ECP-521",
    "DH22": "MODP-1024-160",
    "DH23": "MODP-2048-224",
    "DH24": "MODP-2048-256",
    "DH31": "CURVE25519",
}
_BRAINPOOL = re.compile(r"ECP_(\d+)_BP")
_GROUP = re.compile(r"(MODP|ECP|ML_KEM)_?(\d+)(?:_(\d+))?")
_WITH_LENGTH = re.compile(
    r"(AES_(?:CBC|CTR|GCM_\d+|CCM_\d+)|CAMELLIA_(?:CBC|CTR)|3DES_CBC|CHACHA20_POLY1305|NULL_AUTH_AES_GMAC)_(\d{2,3})"
)
_TEXT = re.compile(r"[ -~]{1,64}")


class Cipher(NamedTuple):
    name: str
    key_bits: int | None


def encryption(written: str) -> str:
    """`AES_GCM_16` or `cbc(aes)` -> `ENCR_AES_GCM_16`, `ENCR_AES_CBC`."""
    name = _plain(written)
    return _ENCRYPTION.get(name) or (name if "(" in name or name.startswith("ENCR_") else f"ENCR_{name}")


def kernel_aead(written: str, icv_bits: int) -> str:
    """`rfc4106(gcm(aes))` with a check value of 128 bits -> `ENCR_AES_GCM_16` (RFC 4106 section 6)."""
    name = _AEAD_OF_KERNEL.get(_plain(written))
    return f"{name}_{icv_bits // 8}" if name else encryption(written)


def integrity(written: str) -> str:
    """`HMAC_SHA2_256_128` or `hmac(sha256)` -> `AUTH_HMAC_SHA2_256_128`."""
    name = _plain(written)
    return _INTEGRITY.get(name) or (name if "(" in name or name.startswith("AUTH_") else f"AUTH_{name}")


def prf(written: str) -> str:
    """`HMAC_SHA2_256` -> `PRF_HMAC_SHA2_256`."""
    name = _plain(written)
    return name if name.startswith("PRF_") else f"PRF_{name}"


def group(written: str) -> str:
    """`MODP_2048`, `MODP2048`, `ECP_256_BP`, `CURVE_25519`, `DH19` -> `MODP-2048`, `BRAINPOOL-256`, `CURVE25519`."""
    name = _plain(written)
    if known := _GROUPS.get(name):
        return known
    if curve := _BRAINPOOL.fullmatch(name):
        return f"BRAINPOOL-{curve[1]}"
    if found := _GROUP.fullmatch(name):
        return "-".join(part for part in (found[1].replace("_", "-"), found[2], found[3]) if part)
    return name


def with_length(written: str) -> Cipher:
    """libreswan's `AES_GCM_16_256` -> `ENCR_AES_GCM_16` of 256 bits."""
    found = _WITH_LENGTH.fullmatch(written)
    return Cipher(encryption(found[1]), int(found[2])) if found else Cipher(encryption(written), None)


def _plain(written: str) -> str:
    """What others say, as far as it can be a name."""
    return written if _TEXT.fullmatch(written) else "?"
