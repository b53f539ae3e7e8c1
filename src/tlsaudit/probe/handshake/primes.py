"""What a finite-field Diffie-Hellman prime is worth."""

import hashlib
import secrets
from functools import lru_cache

from tlsaudit.evidence import DhPrime

_MOST_BITS = 16384  # what takes longer to test is an attack on our time
_ROUNDS = 16  # a composite number passes with a chance of 4^-16


@lru_cache(maxsize=256)
def describe(prime: int) -> DhPrime:
    """The facts of a prime as sent in ServerKeyExchange. A number too large to test is taken at its word."""
    bits = prime.bit_length()
    digest = hashlib.sha256(prime.to_bytes((bits + 7) // 8, "big")).hexdigest()
    if bits > _MOST_BITS:
        return DhPrime(bits, digest, None, prime=True, safe=True)
    is_prime = probably_prime(prime)
    return DhPrime(bits, digest, None, prime=is_prime, safe=is_prime and probably_prime(prime // 2))


def probably_prime(number: int) -> bool:
    """The test of Miller and Rabin with random bases (FIPS 186-5 appendix B.3.1)."""
    if number < 4 or number % 2 == 0:
        return number in (2, 3)
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = (number - 1) >> twos
    return all(_passes(number, 2 + secrets.randbelow(number - 3), odd, twos) for _ in range(_ROUNDS))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
