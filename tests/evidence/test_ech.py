"""ECHConfigList: what clients take of it, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ech import X25519_KEY, ech_config, ech_list, ech_text
from tlsaudit.evidence import EchError, parse_ech
from tlsaudit.evidence.ech import pull_ech_configs


def test_all_that_a_configuration_says() -> None:
    first, second = ech_config(extensions=b"\x00\x01\x00\x02ab"), ech_config(version=0xFE0C)
    one, other = parse_ech(ech_text(first, second))
    assert (one.version, one.config_id, one.kem, one.public_key) == (0xFE0D, 7, 0x0020, X25519_KEY)
    assert (one.suites, one.public_name, one.extensions, one.raw) == (((1, 1),), "front.example.org", (1,), first)
    assert (other.version, other.raw) == (0xFE0C, second)


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        (ech_config(), None),
        (ech_config(suites=[(99, 1), (1, 3)]), None),
        (ech_config(extensions=b"\x00\x01\x00\x00"), None),
        (ech_config(public_name="a-1.example"), None),
        (ech_config(version=0xFE0C), "version 0xfe0c, not 0xfe0d"),
        (ech_config(kem=0x0099), "unknown KEM 0x0099"),
        (ech_config(b"short"), "a public key of 5 bytes for DHKEM(X25519, HKDF-SHA256)"),
        (ech_config(suites=[(1, 99), (99, 1)]), "no known pair of KDF and AEAD"),
        (ech_config(suites=[]), "no known pair of KDF and AEAD"),
        (ech_config(public_name=""), "public_name '' is no host name"),
        (ech_config(public_name="192.0.2.1"), "public_name '192.0.2.1' is no host name"),
        (ech_config(public_name="example.0x7f"), "public_name 'example.0x7f' is no host name"),
        (ech_config(public_name="example.org."), "public_name 'example.org.' is no host name"),
        (ech_config(public_name="a_b.example"), "public_name 'a_b.example' is no host name"),
        (ech_config(extensions=b"\x80\x01\x00\x00"), "unknown mandatory extension 0x8001"),
    ],
)
def test_what_clients_pass_over(config: bytes, fault: str | None) -> None:
    (found,) = pull_ech_configs(ech_list(config))
    assert found.fault == fault


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut short"),
        (ech_list(), "no configuration"),
        (ech_list(ech_config())[:-1], "cut short"),
        (ech_list(ech_config()) + b"x", "longer than its content"),
        (ech_list(ech_config()[:-1]), "cut short"),
        (ech_list(ech_config(extensions=b"\x00")), "cut short"),
        (ech_list(*[ech_config(version=1)] * 33), "more than 32"),
    ],
)
def test_what_is_no_list(data: bytes, why: str) -> None:
    with pytest.raises(EchError, match=why):
        pull_ech_configs(data)


def test_what_is_no_base64() -> None:
    with pytest.raises(EchError, match="no base64"):
        parse_ech("not base64!")


@given(st.binary(max_size=200) | st.builds(lambda cut: ech_list(ech_config())[:cut], st.integers(0, 80)))
def test_whatever_arrives_is_read_or_refused(data: bytes) -> None:
    try:
        found = pull_ech_configs(data)
    except EchError:
        return
    assert ech_list(*(config.raw for config in found)) == data
    assert all(config.fault != "" for config in found)
