"""Ways to pad what is sent, so that an observer tells fewer pages apart by size."""

from collections.abc import Callable
from dataclasses import dataclass

RANDOM_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Scheme:
    """`pad` takes a size in bytes to the smallest padded one. Each of the `spread` sizes from there on is as likely as
    the others, chosen anew for each answer; 1 where the size alone decides.
    """

    id: str
    name: str
    pad: Callable[[int], int]
    spread: int = 1


def padme(size: int) -> int:
    """The next size of which all but the first few bits are zero: of a size with the exponent e, as many bits are kept
    as e takes to be written (Nikitin et al., Reducing Metadata Leakage from Encrypted Files and Communication with
    PURBs, 2019, section 4.2). At most 12 % longer, less the longer it is.
    """
    exponent = max(size.bit_length() - 1, 0)
    return _up(size, 1 << max(exponent - exponent.bit_length(), 0))


def power_of_two(size: int) -> int:
    return 1 << max(size - 1, 0).bit_length() if size else 0


def bucket(multiple: int) -> Callable[[int], int]:
    """Up to the next multiple."""
    return lambda size: _up(size, multiple)


def _up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _as_it_is(size: int) -> int:
    return size


SCHEMES = (
    Scheme("none", "as it is", _as_it_is),
    Scheme("padme", "Padmé", padme),
    Scheme("1k", "buckets of 1 KiB", bucket(1 << 10)),
    Scheme("4k", "buckets of 4 KiB", bucket(4 << 10)),
    Scheme("16k", "buckets of 16 KiB", bucket(16 << 10)),
    Scheme("power-of-two", "next power of two", power_of_two),
    Scheme("random", f"random, 0 to {RANDOM_BYTES - 1:,} bytes", _as_it_is, RANDOM_BYTES),
)
"""The first one pads nothing."""
