"""What a Diffie-Hellman prime is worth: published ones by their digest, others by test, hostile ones within bounds."""

import asyncio
import hashlib
import time
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import DhPrime
from tlsaudit.probe.handshake.primes import describe, probably_prime, published

# What RFC 2409, RFC 3526 and RFC 7919 add to the digits of pi and e to reach a prime, by RFC and size.
MODP = {
    (2409, 768): 149686,
    (2409, 1024): 129093,
    (3526, 1536): 741804,
    (3526, 2048): 124476,
    (3526, 3072): 1690314,
    (3526, 4096): 240904,
    (3526, 6144): 929484,
    (3526, 8192): 4743158,
}
FFDHE = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}

NGINX = int(
    "bbbc2dcad84674907c43fcf580e9cfdbd958a3f568b42d4b08eed4eb0fb3504c6c030276e710800c5ccbbaa8922614c5"
    "beeca565a5fdf1d287a2bc049be6778060e91a92a757e3048f68b076f7d36cc8f29ba5df81dc2ca725ece66270cc9a50"
    "35d8ceceef9ea0274a63ab1e58fafd4988d0f65d146757da071df045cfe16b9b",
    16,
)  # nginx before 1.11


def _pi(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula."""
    one = 1 << bits + 64

    def arctan(inverse: int) -> int:
        total, power, odd = 0, one // inverse, 1
        while power:
            total += power // odd if odd % 4 == 1 else -(power // odd)
            power //= inverse * inverse
            odd += 2
        return total

    return 4 * (4 * arctan(5) - arctan(239)) >> 64


def _e(bits: int) -> int:
    """floor(2^bits * e)."""
    total = term = 1 << bits + 64
    number = 1
    while term:
        term //= number
        total += term
        number += 1
    return total >> 64


def _prime(bits: int, digits: int, more: int) -> int:
    return (1 << bits) - (1 << bits - 64) - 1 + (digits + more << 64)


@pytest.mark.parametrize(
    ("name", "prime"),
    [
        *((f"RFC {rfc} MODP {bits}", _prime(bits, _pi(bits - 130), more)) for (rfc, bits), more in MODP.items()),
        *((f"ffdhe{bits}", _prime(bits, _e(bits - 130), more)) for bits, more in FFDHE.items()),
        ("nginx 1.10 1024", NGINX),
    ],
)
def test_a_published_prime_has_a_name_and_takes_no_test(name: str, prime: int) -> None:
    started = time.thread_time()
    (found,) = asyncio.run(describe([prime]))
    assert (found.bits, found.name, found.prime, found.safe) == (prime.bit_length(), name, True, True)
    assert time.thread_time() - started < 5


def test_the_table_is_well_formed() -> None:
    assert all(len(digest) == 64 and int(digest, 16) for digest in published())
    names = [prime.name for prime in published().values()]
    assert len(set(names)) == len(names)
    unsafe = [prime.name for prime in published().values() if not prime.safe]
    assert unsafe == ["RFC 5114 1024/160", "RFC 5114 2048/224", "RFC 5114 2048/256"]


@pytest.mark.parametrize(
    ("number", "prime", "safe"),
    [
        (23, True, True),
        (2**256 + 230191, True, True),
        (2**127 - 1, True, False),
        (2**521 - 1, True, False),
        (2**1279 - 1, True, False),
        (561, False, False),  # the first number of Carmichael
        (601747 * 1203493 * 1805239, False, False),  # one without small factors
        ((2**127 - 1) * (2**521 - 1), False, False),
        (2 * (10**30 + 1069) + 1, False, False),  # half of it is prime
        ((2**521 - 1) ** 2, False, False),
        (2**1024, False, False),
        (1, False, False),
        (0, False, False),
    ],
)
def test_any_other_is_tested(number: int, prime: bool, safe: bool) -> None:
    (found,) = asyncio.run(describe([number]))
    digest = hashlib.sha256(number.to_bytes((number.bit_length() + 7) // 8, "big")).hexdigest()
    assert found == DhPrime(number.bit_length(), digest, None, prime, safe)


@given(st.integers(0, 10**6))
def test_small_numbers(number: int) -> None:
    is_prime = number > 1 and all(number % factor for factor in range(2, isqrt(number) + 1))
    assert asyncio.run(probably_prime(number)) == is_prime


def test_what_is_too_large_is_not_tested() -> None:
    (found,) = asyncio.run(describe([2**9689 - 1]))
    assert (found.bits, found.prime, found.safe) == (9689, None, None)


def test_a_server_that_sends_another_number_each_time_costs_little() -> None:
    primes = [2**107 - 1, 2**127 - 1, 2**521 - 1, 2**607 - 1, 2**1279 - 1, 2**2203 - 1]
    found = asyncio.run(describe({*primes, NGINX}))
    assert [each.bits for each in found] == [107, 127, 521, 607, 1024, 1279, 2203]
    assert [each.prime for each in found] == [True, True, True, True, True, None, None]


def test_others_run_while_a_prime_is_tested() -> None:
    async def look() -> float:
        testing = asyncio.create_task(probably_prime(2**3217 - 1))
        longest, last = 0.0, time.thread_time()
        while not testing.done():
            await asyncio.sleep(0)
            longest, last = max(longest, time.thread_time() - last), time.thread_time()
        assert testing.result()
        return longest

    assert asyncio.run(look()) < 0.25
