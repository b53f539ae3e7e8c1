"""Targets named on the command line, in files of hosts, and the options that say where they really are."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.target import (
    Endpoint,
    Route,
    TargetError,
    TargetsError,
    parse_connect_to,
    parse_resolve,
    parse_target,
    read_hosts,
    with_pins,
)


@pytest.mark.parametrize(
    ("text", "authority", "http_port", "pages"),
    [
        ("example.org", "example.org:443", 80, ("/",)),
        ("Example.ORG.", "example.org:443", 80, ("/",)),
        ("localhost", "localhost:443", 80, ("/",)),
        ("my_host.example.org", "my_host.example.org:443", 80, ("/",)),
        ("example.org:443", "example.org:443", 80, ("/",)),
        ("example.org:8443", "example.org:8443", None, ("/",)),
        ("https://example.org", "example.org:443", 80, ("/",)),
        ("HTTPS://example.org:8443/", "example.org:8443", None, ("/",)),
        ("https://example.org/a/b?c=d#e", "example.org:443", 80, ("/", "/a/b?c=d")),
        ("https://example.org?c=d", "example.org:443", 80, ("/", "/?c=d")),
        ("https://example.org/käse%20brot", "example.org:443", 80, ("/", "/k%C3%A4se%20brot")),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443", None, ("/", "/x")),
        ("[2001:DB8::1]", "[2001:db8::1]:443", 80, ("/",)),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443", None, ("/",)),
        ("2001:db8:0::1", "[2001:db8::1]:443", 80, ("/",)),
        ("192.0.2.10", "192.0.2.10:443", 80, ("/",)),
        ("192.0.2.10:8443", "192.0.2.10:8443", None, ("/",)),
        ("bücher.example", "xn--bcher-kva.example:443", 80, ("/",)),
        ("BÜCHER.example:8443", "xn--bcher-kva.example:8443", None, ("/",)),
        ("xn--bcher-kva.example", "xn--bcher-kva.example:443", 80, ("/",)),
        ("xn--i-7iq.example", "xn--i-7iq.example:443", 80, ("/",)),  # a heart: no name by IDNA 2008, but registered
    ],
)
def test_a_target(text: str, authority: str, http_port: int | None, pages: tuple[str, ...]) -> None:
    endpoint = parse_target(text)
    assert (endpoint.authority, endpoint.http_port, endpoint.pages) == (authority, http_port, pages)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty target: name a host"),
        (":443", ":443: name a host"),
        ("example.org:", "nothing is no port: write a number from 1 to 65535"),
        ("example.org:0", "0 is no port: write a number from 1 to 65535"),
        ("example.org:65536", "65536 is no port: write a number from 1 to 65535"),
        ("example.org:https", "https is no port: write a number from 1 to 65535"),
        ("example.org:٤٤٣", "٤٤٣ is no port: write a number from 1 to 65535"),
        ("exa mple.org", "exa mple.org: a host name has no spaces"),
        ("*.example.org", "*.example.org: a wildcard is no host: name each host"),
        ("-a.example.org", "-a.example.org is no host name: write one such as www.example.org"),
        ("a..example.org", "a..example.org is no host name: write one such as www.example.org"),
        ("a" * 64 + ".example", "a" * 64 + ".example is no host name: write one such as www.example.org"),
        ("192.0.2.256", "192.0.2.256 is neither a host name nor an IP address"),
        ("192.0.2", "192.0.2 is neither a host name nor an IP address"),
        ("[192.0.2.1]", "[192.0.2.1]: brackets are for an IPv6 address"),
        ("[2001:db8::1", "[2001:db8::1 is no host name: write one such as www.example.org"),
        ("2001:db8::g", "2001:db8::g is no IPv6 address: write one such as 2001:db8::10, or [2001:db8::10]:443"),
        ("a:1:2", "a:1:2 is no IPv6 address: write one such as 2001:db8::10, or [2001:db8::10]:443"),
        ("xn--a.example", "xn--a.example is no host name: what follows xn-- is not Punycode"),
        ("www.xn--9.example", "www.xn--9.example is no host name: what follows xn-- is not Punycode"),
        ("xn--abc-.example", "xn--abc-.example is no host name: what follows xn-- is not Punycode"),
        ("[2001:db8::1]x", "[2001:db8::1]x: after the bracket comes :port, or nothing"),
        ("a\u2024\ufffe.example", "a\u2024\\ufffe.example is no host name: it has characters that no name may have"),
        (
            "http://example.org",
            "http://example.org: name the host alone, or its https URL: plain http is looked at with it",
        ),
        ("smpt://mx.example.org", "smpt://mx.example.org: smpt:// is not known: did you mean smtp://?"),
        (
            "gopher://example.org",
            (
                "gopher://example.org: gopher:// is not known: write host, host:port, https://host/path or one of "
                "smtp, imap, pop3, ftp, xmpp, xmpp-server, ldap, postgres, mysql, sieve, nntp"
            ),
        ),
        ("imaps://example.org", "imaps://example.org: imaps:// is TLS from the first byte: write host:port"),
        ("smtp://mx.example.org:0", "0 is no port: write a number from 1 to 65535"),
        ("smtp://", "an empty target: name a host"),
        ("smtp://a@mx.example.org", "leave user and password out of the URL: tlsaudit never logs in"),
        (
            "ldap://example.org/dc=org",
            "ldap://example.org/dc=org: name no more than host and port: ldap:// has no pages",
        ),
        ("https://me:secret@example.org/", "leave user and password out of the URL: tlsaudit never logs in"),
        ("https://example.org/a b", "https://example.org/a b: a URL has no spaces"),
        ("https://example.org/\x1b[2J", "https://example.org/\\x1b[2J: a URL has no spaces"),
        ("https://", "an empty target: name a host"),
        ("https://[::1/", "https://[::1/ is no URL"),
        ("me@example.org", "me@example.org is no target: write host, host:port or https://host/path"),
        ("example.org/path", "example.org/path is no target: write host, host:port or https://host/path"),
    ],
)
def test_what_cannot_be_a_target_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("smtp://mx.example.org", "smtp://mx.example.org:25"),
        ("SMTP://MX.example.org./", "smtp://mx.example.org:25"),
        ("smtp://mx.example.org:587", "smtp://mx.example.org:587"),
        ("imap://[2001:db8::1]", "imap://[2001:db8::1]:143"),
        ("pop3://2001:db8::1", "pop3://[2001:db8::1]:110"),
        ("ftp://example.org", "ftp://example.org:21"),
        ("xmpp://bücher.example", "xmpp://xn--bcher-kva.example:5222"),
        ("xmpp-server://example.org", "xmpp-server://example.org:5269"),
        ("ldap://192.0.2.1", "ldap://192.0.2.1:389"),
        ("postgres://example.org", "postgres://example.org:5432"),
        ("mysql://example.org", "mysql://example.org:3306"),
        ("sieve://example.org", "sieve://example.org:4190"),
        ("nntp://example.org", "nntp://example.org:119"),
    ],
)
def test_a_starttls_target(text: str, name: str) -> None:
    endpoint = parse_target(text)
    assert (endpoint.id, endpoint.http_port, parse_target(name)) == (name, None, endpoint)
    assert endpoint.name == f"{endpoint.starttls}://{endpoint.authority}"


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda rest: f"smtp://{rest}"))
def test_any_text_is_a_target_or_a_one_line_error(text: str) -> None:
    try:
        name, complaint = parse_target(text).name, None
    except TargetError as error:
        name, complaint = None, str(error)
    if name is not None:
        assert parse_target(name).name == name
    else:
        assert complaint
        assert complaint.isprintable()


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_address_and_port(address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert parse_target(str(address)).host == str(address)
    endpoint = parse_target(f"{host}:{port}")
    assert (endpoint.host, endpoint.port) == (str(address), port)


def test_a_file_of_hosts() -> None:
    lines = [
        "\ufeff# our hosts\n",
        "\n",
        "example.org   # the front\r\n",
        "https://example.org/shop\n",
        "  EXAMPLE.org:443\n",
        "other.example.org:8443\n",
        "https://other.example.org:8443/#top\n",
    ]
    endpoints = read_hosts(lines, "hosts")
    assert [(item.id, item.pages) for item in endpoints] == [
        ("example.org:443", ("/", "/shop")),
        ("other.example.org:8443", ("/",)),
    ]


def test_every_faulty_line_of_a_file_is_told() -> None:
    with pytest.raises(TargetsError) as caught:
        read_hosts(["a.example.org\n", "b.example.org:0\n", "  *.example.org\n"], "hosts.txt")
    assert str(caught.value).splitlines() == [
        "hosts.txt:2:1: 0 is no port: write a number from 1 to 65535",
        "hosts.txt:3:3: *.example.org: a wildcard is no host: name each host",
    ]


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("example.org:443:192.0.2.10", (("example.org", 443), ("192.0.2.10", 443))),
        ("Example.org:443:[2001:DB8::1]", (("example.org", 443), ("2001:db8::1", 443))),
        ("example.org:443:2001:db8::1", (("example.org", 443), ("2001:db8::1", 443))),
        ("[2001:db8::1]:443:192.0.2.1", (("2001:db8::1", 443), ("192.0.2.1", 443))),
    ],
)
def test_resolve(text: str, pin: object) -> None:
    assert parse_resolve(text) == pin


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("example.org:443:127.0.0.1:8443", (("example.org", 443), ("127.0.0.1", 8443))),
        ("example.org:80:[::1]:8080", (("example.org", 80), ("::1", 8080))),
        ("[2001:db8::1]:443:[::1]:8443", (("2001:db8::1", 443), ("::1", 8443))),
    ],
)
def test_connect_to(text: str, pin: object) -> None:
    assert parse_connect_to(text) == pin


@pytest.mark.parametrize("text", ["", "example.org", "example.org:443", "example.org:x:192.0.2.1", "a:1:other.example"])
def test_bad_resolve(text: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_resolve(text)
    assert "write" in str(caught.value)


@pytest.mark.parametrize("text", ["", "a:443:192.0.2.1", "a:443:192.0.2.1:0", "a:443:::1:8443", "a:443:b.example:8443"])
def test_bad_connect_to(text: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_connect_to(text)
    assert "write" in str(caught.value)


def test_pins_win_and_leave_the_rest() -> None:
    endpoint = Endpoint("a.example.org", route=Route(addresses={"a.example.org": ("192.0.2.1",)}))
    (pinned,) = with_pins([endpoint], {("a.example.org", 443): (("127.0.0.1", 8443),)})
    assert pinned.route.sockets("a.example.org", 443) == (("127.0.0.1", 8443),)
    assert pinned.route.sockets("a.example.org", 80) == (("192.0.2.1", 80),)
    assert list(with_pins([endpoint], {})) == [endpoint]


def test_pins_are_kept_once_for_all_endpoints() -> None:
    route = Route(addresses={"a.example.org": ("192.0.2.1",)})
    endpoints = [Endpoint("a.example.org", route=route), Endpoint("b.example.org", route=route)]
    plain = [Endpoint("c.example.org"), Endpoint("d.example.org")]
    for two in (endpoints, plain):
        first, second = with_pins(two, {("a.example.org", 443): (("127.0.0.1", 8443),)})
        assert first.route is second.route
