import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import NOW, TLS13, version
from tlsaudit.evidence import DhPrime, TlsOffer, TlsVersion

DHE = version(TlsVersion.TLS1_2, "DHE_RSA_WITH_AES_128_GCM_SHA256")


def prime(bits: int = 2048, name: str | None = None, prime: bool | None = True, safe: bool | None = True) -> DhPrime:
    return DhPrime(bits, "00" * 32, name, prime, safe)


@pytest.mark.parametrize(
    ("primes", "options", "expected"),
    [
        ([prime(name="ffdhe2048")], {}, ("pass", "the Diffie-Hellman prime has 2048 bits: ffdhe2048")),
        ([prime(4096)], {}, ("pass", "the Diffie-Hellman prime has 4096 bits: one of its own")),
        ([prime(1024)], {}, ("fail", "the Diffie-Hellman prime has 1024 bits: one of its own")),
        ([prime(1024)], {"minimum_bits": 1024}, ("pass", "the Diffie-Hellman prime has 1024 bits: one of its own")),
        (
            [prime(1024, "nginx 1.10 1024")],
            {},
            ("fail", "the Diffie-Hellman prime has 1024 bits: nginx 1.10 1024, which many share"),
        ),
        (
            [prime(prime=False, safe=False)],
            {},
            ("fail", "the 2048-bit number of the Diffie-Hellman exchange is not prime"),
        ),
        ([prime(safe=False)], {}, ("fail", "the Diffie-Hellman prime lets small subgroups in: one of its own")),
        (
            [prime(name="RFC 5114 2048/256", safe=False)],
            {},
            ("fail", "the Diffie-Hellman prime lets small subgroups in: RFC 5114 2048/256, which many share"),
        ),
        ([prime(9000, prime=None, safe=None)], {}, ("unknown", "the Diffie-Hellman prime of 9000 bits was not tested")),
        ([prime(512, prime=None, safe=None)], {}, ("fail", "the Diffie-Hellman prime has 512 bits: one of its own")),
        ([], {}, ("not_applicable", "no Diffie-Hellman over a finite field is served")),
    ],
)
def test_dh_parameters(primes: list[DhPrime], options: dict[str, object], expected: Expected) -> None:
    served = TlsOffer(NOW, 10, (TLS13, DHE), tuple(primes))
    assert judge("dh-parameters", served, options=options) == [expected]


def test_each_prime_is_judged() -> None:
    served = TlsOffer(NOW, 10, (DHE,), (prime(512, "Apache 2.2 512"), prime()))
    assert [outcome for outcome, _ in judge("dh-parameters", served)] == ["fail", "pass"]
