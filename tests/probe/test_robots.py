"""What robots.txt says of sitemaps, as the web really writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.probe.robots import sitemaps_of

URL = "https://www.example.org/robots.txt"
MAP = "https://www.example.org/sitemap.xml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b"User-agent: *\nDisallow: /\n", []),
        (f"Sitemap: {MAP}".encode(), [MAP]),
        (f"Sitemap: {MAP}\r\nUser-agent: *\r\n".encode(), [MAP]),
        (f"User-agent: *\rSitemap: {MAP}\rDisallow:".encode(), [MAP]),
        (f"\ufeffsitemap: {MAP}\n".encode(), [MAP]),
        (f" \tSITEMAP\t :\t{MAP} \t# the map\n".encode(), [MAP]),
        (
            f"Sitemap:{MAP}\nSitemap: {MAP}\n\nsiteMap: https://cdn.example/a?b=c\n".encode(),
            [MAP, "https://cdn.example/a?b=c"],
        ),
        (b"Sitemap: http://WWW.example.org:80/a\n", ["http://www.example.org/a"]),
        (
            b"Sitemap: /maps/a.xml\nSitemap: //cdn.example/b\n",
            ["https://www.example.org/maps/a.xml", "https://cdn.example/b"],
        ),
        ("Sitemap: https://b\xfccher.example/\xfc\n".encode(), ["https://xn--bcher-kva.example/%C3%BC"]),
        (
            b"Sitemap: ftp://www.example.org/a\nSitemap: https://user@example.org/\n",
            ["ftp://www.example.org/a", "https://user@example.org/"],
        ),
        (b"Sitemap: https://exa mple.org/" + b"a" * 500 + b"\n", ["https://exa mple.org/" + "a" * 179 + "…"]),
        (
            b"Sitemap: \nSitemap:\n#Sitemap: https://a/\nSitemap https://b/\nNot-a-Sitemap: https://c/\nSitemaps: https://d/\n",
            [],
        ),
        (b"Sitemap: https://a.example/\xff\n", ["https://a.example/%EF%BF%BD"]),
        (f"<!doctype html><p>Sitemap: {MAP}".encode(), []),
    ],
)
def test_the_lines_that_name_sitemaps(text: bytes, expected: list[str]) -> None:
    assert list(sitemaps_of(text, URL)) == expected


def test_there_is_a_bound_to_them() -> None:
    lines = b"".join(b"Sitemap: https://a.example/%d\n" % number for number in range(10_000))
    found = sitemaps_of(lines, URL)
    assert found == tuple(f"https://a.example/{number}" for number in range(100))


LINES = st.sampled_from(["Sitemap: https://a.example/x", "sitemap:/y#z", "User-agent: *", "Disallow: /a", "", " # c"])


@given(st.lists(LINES), st.sampled_from(["\n", "\r", "\r\n"]))
def test_it_makes_no_difference_how_lines_end(lines: list[str], end: str) -> None:
    assert sitemaps_of(end.join(lines).encode(), URL) == sitemaps_of("\n".join(lines).encode(), URL)


@given(st.binary())
def test_whatever_it_says_is_read(data: bytes) -> None:
    assert all(sitemaps_of(b"Sitemap:" + data, URL))
