"""--proxy as people write it."""

import pytest

from tlsaudit.target import Proxy, TargetError, parse_proxy


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.example.org:3128", Proxy("http", "proxy.example.org", 3128)),
        ("HTTP://Proxy.Example.org:3128/", Proxy("http", "proxy.example.org", 3128)),
        ("socks5://192.0.2.1:1080", Proxy("socks5", "192.0.2.1", 1080)),
        ("socks5h://[2001:DB8::1]:1080", Proxy("socks5h", "2001:db8::1", 1080)),
        ("socks5://user:secret@[::1]:1080", Proxy("socks5", "::1", 1080, "user", "secret")),
        ("http://user@proxy.example.org:3128", Proxy("http", "proxy.example.org", 3128, "user", "")),
        ("http://us%20er:s%3A%40%2F@proxy.example.org:3128", Proxy("http", "proxy.example.org", 3128, "us er", "s:@/")),
        ("http://user:s@cret@proxy.example.org:3128", Proxy("http", "proxy.example.org", 3128, "user", "s@cret")),
        ("http://bücher.example:80", Proxy("http", "xn--bcher-kva.example", 80)),
    ],
)
def test_is_read(text: str, proxy: Proxy) -> None:
    assert parse_proxy(text) == proxy


FAULTS = {
    "": "the scheme is missing",
    "proxy.example.org": "the scheme is missing",
    "proxy.example.org:3128": "the scheme is missing",
    "user:secret@proxy.example.org:3128": "the scheme is missing",
    "https://user:secret@proxy.example.org:3128": "over TLS is not supported",
    "socks4://user:secret@proxy.example.org:1080": "only version 5",
    "ftp://user:secret@proxy.example.org:21": "this scheme is not known",
    "http://user:secret@": "the host is missing",
    "http://:3128": "the host is missing",
    "http://user:secret": "no URL of a proxy",
    "http://user:secret@proxy.example.org": "name the port",
    "http://user:secret@proxy.example.org:": "name the port",
    "http://user:secret@proxy.example.org:0": "name the port",
    "http://user:secret@proxy.example.org:65536": "no URL of a proxy",
    "http://user:secret@proxy.example.org:http": "no URL of a proxy",
    "http://user:secret@proxy.example.org:80/secret": "nothing comes after the port",
    "http://user:secret@proxy.example.org:80?secret": "nothing comes after the port",
    "http://user:secret@[2001:db8::1:80": "no URL of a proxy",
    "http://user:secret@[proxy]:80": "no URL of a proxy|neither a host name",
    "http://user:secret@prox y.example.org:80": "neither a host name",
    "http://user:secret@-.example.org:80": "neither a host name",
    "http://us%3Aer:secret@proxy.example.org:80": "a user has no colon",
    "http://user:secret%0D%0AX: y@proxy.example.org:80": "control character",
    "http://user:secret%FF@proxy.example.org:80": "UTF-8",
    "socks5://user@proxy.example.org:1080": "of 1 to 255 bytes",
    "socks5://:secret@proxy.example.org:1080": "of 1 to 255 bytes",
    f"socks5://user:secret{'x' * 250}@proxy.example.org:1080": "of 1 to 255 bytes",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_wrong_is_said_without_the_password(text: str) -> None:
    with pytest.raises(TargetError, match=FAULTS[text]) as raised:
        parse_proxy(text)
    message = str(raised.value)
    assert message.startswith("--proxy: ")
    assert "secret" not in message
    assert "\n" not in message


def test_the_password_is_not_shown() -> None:
    proxy = parse_proxy("socks5h://alice:secret@[2001:db8::1]:1080")
    assert str(proxy) == "socks5h://[2001:db8::1]:1080"
    assert "secret" not in repr(proxy)
    assert "alice" not in repr(proxy)
