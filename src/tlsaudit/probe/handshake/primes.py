"""What a finite-field Diffie-Hellman prime is worth."""

import asyncio
import hashlib
import secrets
from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import NamedTuple

from tlsaudit.evidence import DhPrime

_MOST_BITS = 4096  # what takes longer to test is an attack on our time
_MOST_TESTED = 4  # of one server: an honest one has a prime or two
_MOST_REMEMBERED = 1000
_ROUNDS = 5  # a composite number that was built to pass does so in one look of 1000
_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)

_tested: dict[int, tuple[bool, bool]] = {}


class Published(NamedTuple):
    """A prime that many servers share."""

    name: str
    safe: bool


@cache
def published() -> dict[str, Published]:
    """By the SHA-256 of the big-endian value, in hex."""
    text = resources.files("tlsaudit.probe.handshake").joinpath("primes.txt").read_text("ascii")
    rows = (line.split(maxsplit=2) for line in text.splitlines() if not line.startswith("#"))
    return {digest: Published(name, safe == "safe") for digest, safe, name in rows}


async def describe(primes: Collection[int]) -> tuple[DhPrime, ...]:
    """The facts of the primes that a server sent in ServerKeyExchange, in ascending order.

    A published one is known by its digest. Others are tested, up to a size and a number; `prime` and `safe` are None
    for what is beyond. The event loop is given a turn every millisecond or so.
    """
    found: list[DhPrime] = []
    tested = 0
    for prime in sorted(primes):
        bits = prime.bit_length()
        digest = hashlib.sha256(prime.to_bytes((bits + 7) // 8, "big")).hexdigest()
        if known := published().get(digest):
            found.append(DhPrime(bits, digest, known.name, prime=True, safe=known.safe))
        elif bits > _MOST_BITS or tested == _MOST_TESTED:
            found.append(DhPrime(bits, digest, None, prime=None, safe=None))
        else:
            tested += 1
            is_prime, is_safe = await _test(prime)
            found.append(DhPrime(bits, digest, None, prime=is_prime, safe=is_safe))
    return tuple(found)


async def _test(number: int) -> tuple[bool, bool]:
    """Whether it is prime, and whether half of it is, too."""
    if number not in _tested:
        if len(_tested) >= _MOST_REMEMBERED:
            _tested.clear()
        half = number % 2 == 1 and await probably_prime(number // 2)
        # Above a prime half, one base proves the whole (Pocklington's theorem).
        is_prime = await probably_prime(number, rounds=1 if half else _ROUNDS)
        _tested[number] = is_prime, half and is_prime
    return _tested[number]


async def probably_prime(number: int, rounds: int = _ROUNDS) -> bool:
    """The test of Miller and Rabin with random bases (FIPS 186-5 appendix B.3.1)."""
    if number < 2 or any(number % factor == 0 for factor in _SMALL):
        return number in _SMALL
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    for _ in range(rounds):
        base = 2 + secrets.randbelow(min(number - 3, 1 << 64))
        power = await _power(base, (number - 1) >> twos, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


async def _power(base: int, exponent: int, modulus: int) -> int:
    """pow(base, exponent, modulus) that lets others run: of 4096 bits it takes a fifth of a second."""
    power = 1
    for shift in range(exponent.bit_length() // 4 * 4, -1, -4):
        power = pow(power, 16, modulus) * base ** (exponent >> shift & 15) % modulus
        if shift % 32 == 0:
            await asyncio.sleep(0)
    return power
