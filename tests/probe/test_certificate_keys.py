"""RSA keys that are long enough, and can be computed from the public one."""

from math import gcd, prod

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers import KeyKind
from tests.servers.ca import private_key
from tlsaudit.evidence import KeyFault
from tlsaudit.probe.certificate.keys import key_faults

SMALL = prod(number for number in range(2, 752) if all(number % other for other in range(2, 28) if other < number))


def _without_small_factors(number: int) -> int:
    while gcd(number, SMALL) > 1:
        number += 2
    return number


def _of_the_chip(times: int, power: int) -> int:
    """A factor such as the chips made them: a power of 65537 modulo the product of the first 39 primes (see ROCA)."""
    primes = [number for number in range(2, 168) if all(number % other for other in range(2, 13) if other < number)]
    assert len(primes) == 39
    return (times << 800) * prod(primes) + pow(65537, power, prod(primes))


FACTOR = _without_small_factors((1 << 1023) + 1)
OTHER_FACTOR = _without_small_factors((3 << 1022) + 1)
NEAR = _without_small_factors(FACTOR + 2)
MODULUS = FACTOR * OTHER_FACTOR


@pytest.mark.parametrize(
    ("modulus", "exponent", "faults"),
    [
        (MODULUS, 65537, set()),
        (MODULUS, 3, {KeyFault.SMALL_EXPONENT}),
        (MODULUS, (1 << 256) + 1, {KeyFault.LARGE_EXPONENT}),
        (FACTOR * NEAR, 65537, {KeyFault.CLOSE_PRIMES}),
        (FACTOR * FACTOR, 65537, {KeyFault.CLOSE_PRIMES}),
        (MODULUS * 751, 65537, {KeyFault.SMALL_FACTOR}),
        (_of_the_chip(1, 1234) * _of_the_chip(3, 98765), 65537, {KeyFault.ROCA}),
    ],
    ids=["sound", "exponent 3", "large exponent", "close", "a square", "a small factor", "ROCA"],
)
def test_key_faults(modulus: int, exponent: int, faults: set[KeyFault]) -> None:
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    assert set(key_faults(key)) >= faults
    assert set(key_faults(key)) - faults <= ({KeyFault.SMALL_FACTOR} if KeyFault.ROCA in faults else set())


def test_a_key_of_today_has_no_fault() -> None:
    key = private_key(KeyKind.RSA2048, "leaf").public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert list(key_faults(key)) == []
