"""How workers share a rate: what all of them do together is never more."""

import pytest

from tlsaudit.app.remote import RemoteProbe
from tlsaudit.app.settings import ProbeSettings


@pytest.mark.parametrize(
    ("rate", "vantages", "size", "batches", "of_each"),
    [
        (None, (), 32, None, None),
        (5, (), 1, 1, 5),
        (20, (), 4, 1, 20),
        (200, (), 32, 1, 200),
        (1000, (), 32, 6, 1000 / 6),
        (1000, ("fra", "sin"), 32, 3, 500 / 3),
        (40, ("fra", "sin"), 4, 1, 20),
    ],
)
def test_a_rate_is_shared(
    rate: float | None, vantages: tuple[str, ...], size: int, batches: int | None, of_each: float | None
) -> None:
    probe = RemoteProbe.of(frozenset(), ProbeSettings(rate=rate, vantages=vantages))
    assert (probe.size, probe.batches, probe.settings.rate) == (size, batches, of_each)
