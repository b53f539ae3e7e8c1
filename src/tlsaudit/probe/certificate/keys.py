"""Keys that are long enough and weak all the same, as far as a look at the public key tells."""

from collections.abc import Iterator
from functools import cache
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric import rsa

from tlsaudit.evidence import KeyFault

_LEAST_EXPONENT, _MOST_EXPONENT = 1 << 16, 1 << 256  # FIPS 186-5 section A.1.1
_LEAST_FACTOR = 752  # CA/Browser Forum Baseline Requirements section 6.1.6
_FERMAT_ROUNDS = 100  # CVE-2022-26320: the primes of such keys are found in the first few
_WHEEL = 16 * 3 * 5 * 7 * 11
_ROCA_PRIMES = 168  # Nemec et al., The Return of Coppersmith's Attack, 2017: up to here for any size of key
_GENERATOR = 65537


def key_faults(key: rsa.RSAPublicKey) -> Iterator[KeyFault]:
    """Of an RSA key; others have parameters that leave no choice."""
    numbers = key.public_numbers()
    modulus, exponent = numbers.n, numbers.e
    if exponent < _LEAST_EXPONENT:
        yield KeyFault.SMALL_EXPONENT
    if exponent % 2 == 0:
        yield KeyFault.EVEN_EXPONENT
    if exponent > _MOST_EXPONENT:
        yield KeyFault.LARGE_EXPONENT
    if gcd(modulus, _small_factors()) > 1:
        yield KeyFault.SMALL_FACTOR
    elif _close_primes(modulus):
        yield KeyFault.CLOSE_PRIMES
    if all(modulus % prime in powers for prime, powers in _roca()):
        yield KeyFault.ROCA


def _close_primes(modulus: int) -> bool:
    """Whether Fermat's method finds the factors at once. `modulus` is odd."""
    middle = isqrt(modulus - 1) + 1
    square = middle * middle - modulus
    squares = _squares()
    for _ in range(_FERMAT_ROUNDS):
        if square % _WHEEL in squares and isqrt(square) ** 2 == square:
            return True
        square += 2 * middle + 1
        middle += 1
    return False


@cache
def _squares() -> frozenset[int]:
    """What squares leave modulo the wheel: one number in fifty, which spares the roots of the others."""
    return frozenset(number * number % _WHEEL for number in range(_WHEEL))


def _primes(below: int) -> list[int]:
    return [number for number in range(2, below) if all(number % other for other in range(2, isqrt(number) + 1))]


@cache
def _small_factors() -> int:
    return prod(_primes(_LEAST_FACTOR))


@cache
def _roca() -> list[tuple[int, frozenset[int]]]:
    """For each small prime what a modulus can be modulo it, where its primes are made of powers of the generator."""
    return [
        (prime, frozenset(pow(_GENERATOR, exponent, prime) for exponent in range(1, prime)))
        for prime in _primes(_ROCA_PRIMES)[1:]
    ]
