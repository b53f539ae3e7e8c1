import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Hop, UrlError, absolute_url

BASE = "http://www.example.org/wiki/Encryption?a=b"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG:443/", "https://example.org/"),
        ("http://example.org:80/", "http://example.org/"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("//m.example.org/x", "http://m.example.org/x"),
        ("/", "http://www.example.org/"),
        ("Privacy", "http://www.example.org/wiki/Privacy"),
        ("../x?y=z#top", "http://www.example.org/x?y=z"),
        ("?c", "http://www.example.org/wiki/Encryption?c"),
        ("?", "http://www.example.org/wiki/Encryption"),
        ("a//b", "http://www.example.org/wiki/a//b"),
        ("..//b", "http://www.example.org//b"),
        ("a;", "http://www.example.org/wiki/a;"),
        ("./a:b", "http://www.example.org/wiki/a:b"),
        ("http:Privacy", "http://www.example.org/wiki/Privacy"),
        ("http:/x", "http://www.example.org/x"),
        ("", "http://www.example.org/wiki/Encryption?a=b"),
        ("#top", "http://www.example.org/wiki/Encryption?a=b"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://b\xfccher.example/\xfc b", "https://xn--bcher-kva.example/%C3%BC%20b"),
        ("https://stra\xdfe.example/", "https://xn--strae-oqa.example/"),
        ("https://\u2603.example/", "https://xn--n3h.example/"),
        ("/%7Eme/%2f", "http://www.example.org/%7Eme/%2f"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/a/b/../..?c=/../d", "https://example.org/?c=/../d"),
        ("https://example.org/..", "https://example.org/"),
        ("https://example.org/../a/.", "https://example.org/a/"),
        ("//example.org/a/b/..", "http://example.org/a/"),
        ("https://example.org/.well-known/..a/...", "https://example.org/.well-known/..a/..."),
    ],
)
def test_absolute_url(reference: str, expected: str) -> None:
    assert absolute_url(BASE, reference) == expected
    assert absolute_url(BASE, expected) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "javascript:alert(1)",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "///path",
        "//",
        "a:b",
        "https:path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org:port/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://exa mple.org/",
        "https://%65xample.org/",
        "/a\r\nSet-Cookie: b",
        "/a\x00b",
        "\\\\example.org\\",
        "/\\example.org",
        "/" + "a" * 8000,
        "https://" + "a" * 300 + ".example/",
    ],
)
def test_what_leads_nowhere(reference: str) -> None:
    with pytest.raises(UrlError):
        absolute_url(BASE, reference)


@given(st.text())
def test_any_reference_is_a_url_or_an_error(reference: str) -> None:
    try:
        url = absolute_url(BASE, reference)
    except UrlError:
        return
    assert url.isascii()
    assert url.startswith(("http://", "https://"))
    assert absolute_url(url, url) == url


URLS = st.from_regex(r"https?://[a-z0-9._-]+/[!-~]*", fullmatch=True)


@given(URLS)
def test_what_is_in_normal_form_need_not_be_taken_apart(reference: str) -> None:
    """The empty fragment sends it the long way."""
    try:
        expected = absolute_url(BASE, reference + "#")
    except UrlError:
        with pytest.raises(UrlError):
            absolute_url(BASE, reference)
    else:
        assert absolute_url(BASE, reference) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/ja/\xe6\x97\xa5", "http://www.example.org/ja/%E6%97%A5"),
        ("/latin/\xfc", "http://www.example.org/latin/%FC"),
    ],
)
def test_the_bytes_of_a_location_are_kept(location: str, expected: str) -> None:
    assert Hop(BASE, 301, location, (), ()).target() == expected


@pytest.mark.parametrize("location", [None, "https://b\xfccher.example/"])
def test_a_location_without_a_target(location: str | None) -> None:
    with pytest.raises(UrlError):
        Hop(BASE, 301, location, (), ()).target()
