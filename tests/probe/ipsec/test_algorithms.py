"""Each spelling of an algorithm has the name of IANA's registry."""

import pytest

from tlsaudit.probe.ipsec.algorithms import Cipher, encryption, group, integrity, kernel_aead, prf, with_length


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("AES_GCM_16", "ENCR_AES_GCM_16"),
        ("AES_CBC", "ENCR_AES_CBC"),
        ("3DES_CBC", "ENCR_3DES"),
        ("DES_CBC", "ENCR_DES"),
        ("NULL", "ENCR_NULL"),
        ("NULL_AES_GMAC", "ENCR_NULL_AUTH_AES_GMAC"),
        ("CHACHA20_POLY1305", "ENCR_CHACHA20_POLY1305"),
        ("cbc(aes)", "ENCR_AES_CBC"),
        ("ecb(cipher_null)", "ENCR_NULL"),
        ("cbc(des3_ede)", "ENCR_3DES"),
        ("cbc(serpent)", "cbc(serpent)"),
        ("\x1b[31m", "ENCR_?"),
    ],
)
def test_encryption(written: str, name: str) -> None:
    assert encryption(written) == name


@pytest.mark.parametrize(
    ("written", "bits", "name"),
    [
        ("rfc4106(gcm(aes))", 128, "ENCR_AES_GCM_16"),
        ("rfc4106(gcm(aes))", 64, "ENCR_AES_GCM_8"),
        ("rfc4309(ccm(aes))", 96, "ENCR_AES_CCM_12"),
        ("rfc7539esp(chacha20,poly1305)", 128, "ENCR_CHACHA20_POLY1305"),
        ("rfc4543(gcm(aes))", 128, "ENCR_NULL_AUTH_AES_GMAC"),
    ],
)
def test_aead_algorithms_of_the_kernel(written: str, bits: int, name: str) -> None:
    assert kernel_aead(written, bits) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("HMAC_SHA2_256_128", "AUTH_HMAC_SHA2_256_128"),
        ("HMAC_SHA1_96", "AUTH_HMAC_SHA1_96"),
        ("hmac(sha256)", "AUTH_HMAC_SHA2_256_128"),
        ("hmac(md5)", "AUTH_HMAC_MD5_96"),
    ],
)
def test_integrity(written: str, name: str) -> None:
    assert integrity(written) == name


@pytest.mark.parametrize("written", ["PRF_HMAC_SHA2_256", "HMAC_SHA2_256"])
def test_pseudorandom_functions(written: str) -> None:
    assert prf(written) == "PRF_HMAC_SHA2_256"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("MODP_2048", "MODP-2048"),
        ("MODP2048", "MODP-2048"),
        ("MODP_1024_160", "MODP-1024-160"),
        ("DH19", "ECP-256"),
        ("ECP_384", "ECP-384"),
        ("ECP_256_BP", "BRAINPOOL-256"),
        ("CURVE_25519", "CURVE25519"),
        ("CURVE25519", "CURVE25519"),
        ("ML_KEM_768", "ML-KEM-768"),
        ("FRODO_SHAKE_L1", "FRODO_SHAKE_L1"),
    ],
)
def test_groups(written: str, name: str) -> None:
    assert group(written) == name


@pytest.mark.parametrize(
    ("written", "cipher"),
    [
        ("AES_GCM_16_256", Cipher("ENCR_AES_GCM_16", 256)),
        ("AES_CBC_128", Cipher("ENCR_AES_CBC", 128)),
        ("CHACHA20_POLY1305", Cipher("ENCR_CHACHA20_POLY1305", None)),
        ("3DES_CBC_192", Cipher("ENCR_3DES", 192)),
        ("3DES_CBC", Cipher("ENCR_3DES", None)),
    ],
)
def test_names_with_the_length_of_the_key(written: str, cipher: Cipher) -> None:
    assert with_length(written) == cipher
