"""The Public Suffix List, as it comes with the library."""

import re

import pytest

from tlsaudit.policy import public_suffixes


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.org", "example.org"),
        ("a.b.example.org", "example.org"),
        ("www.example.co.uk", "example.co.uk"),
        ("co.uk", None),
        ("org", None),
        ("localhost", None),
        ("user.github.io", "user.github.io"),
        ("github.io", None),
        ("www.ck", "www.ck"),  # an exception to *.ck
        ("other.ck", None),
        ("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("a.example.unknowntld", "example.unknowntld"),
        ("a.xn--mller-kva.xn--p1ai", "xn--mller-kva.xn--p1ai"),
        ("a.xn--.org", "xn--.org"),  # no A-labels, though they look like some
        ("a.xn--99999999999.org", "xn--99999999999.org"),
    ],
)
def test_the_registered_domain(host: str, domain: str | None) -> None:
    assert public_suffixes().registrable(host) == domain


def test_its_version_ends_with_its_date_and_is_all_that_is_printed() -> None:
    assert re.fullmatch(r".*\.20[0-9]{6}", public_suffixes().version)
    assert repr(public_suffixes()) == f"PublicSuffixes(version='{public_suffixes().version}')"
