"""What `tlsaudit measure padding` says an observer can do, held against one who tries."""

import importlib.util

import pytest

from bench import fingerprint
from tlsaudit.policy.padding import SCHEMES

# It takes seconds to import, which every worker would spend to collect this file.
pytestmark = pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed")


def test_the_best_guess_by_size_is_what_a_nearest_neighbour_reaches() -> None:
    measured = fingerprint.traces(60, 3, fingerprint.CHANGING)
    [series] = [each for each in measured["series"] if each["id"] == "plain"]
    loads = fingerprint.sizes(measured, "plain")
    reached = {scheme.id: fingerprint.accuracy(loads, scheme) for scheme in SCHEMES}
    assert reached["none"] > 0.8
    assert reached["power-of-two"] < reached["padme"] < reached["none"]
    for found in series["schemes"]:
        if found["id"] != "random":  # one draw of each load
            assert reached[found["id"]] == pytest.approx(found["guessed"], abs=0.05)


def test_padding_by_the_server_holds_a_nearest_neighbour_off() -> None:
    measured = fingerprint.traces(60, 3, fingerprint.CHANGING + fingerprint.SERVERS["RecordPadding 4096"])
    assert fingerprint.accuracy(fingerprint.sizes(measured, "compressed"), SCHEMES[0]) < 0.25
