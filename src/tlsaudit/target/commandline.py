"""Targets named outside targets.yaml: on the command line, and by --resolve and --connect-to."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from tlsaudit.target.defaults import HTTPS_PORT, http_companion, with_root
from tlsaudit.target.endpoint import Endpoint, Route, SocketAddress
from tlsaudit.target.name import parse_address, parse_authority, parse_page, parse_port
from tlsaudit.target.problem import TargetError, shown
from tlsaudit.target.starttls import parse_starttls, scheme_of

Pins = Mapping[tuple[str, int], tuple[SocketAddress, ...]]

_HOST = r"(\[[^]]*\]|[^:\[\]]*)"
_RESOLVE = re.compile(rf"{_HOST}:([^:]*):(.+)", re.DOTALL)
_CONNECT_TO = re.compile(rf"{_HOST}:([^:]*):{_HOST}:([^:]*)")


def parse_target(text: str) -> Endpoint:
    """`host`, `host:port`, `https://host[:port]/path`, `[v6]`, `[v6]:port`, an IP address or, for STARTTLS,
    `smtp://host[:port]` and the like. Raises TargetError.
    """
    if scheme := scheme_of(text):
        return _parse_url(text, scheme)
    if "@" in text or "/" in text:
        raise TargetError(f"{shown(text)} is no target: write host, host:port or https://host/path")
    return _endpoint(*parse_authority(text))


def _parse_url(text: str, scheme: str) -> Endpoint:
    if scheme == "http":
        raise TargetError(f"{shown(text)}: name the host alone, or its https URL: plain http is looked at with it")
    if scheme != "https":
        protocol, host, port = parse_starttls(text)
        return Endpoint(host, port, None, starttls=protocol)
    if not text.isprintable() or " " in text:
        raise TargetError(f"{shown(text)}: a URL has no spaces")
    try:
        url = urlsplit(text)
    except ValueError:
        raise TargetError(f"{shown(text)} is no URL") from None
    if "@" in url.netloc:
        raise TargetError("leave user and password out of the URL: tlsaudit never logs in")
    page = parse_page((url.path or "/") + (f"?{url.query}" if url.query else ""))
    return _endpoint(*parse_authority(url.netloc), page)


def _endpoint(host: str, port: int | None, page: str = "/") -> Endpoint:
    number = HTTPS_PORT if port is None else port
    return Endpoint(host, number, http_companion(number), pages=with_root([page]))


def with_pins(endpoints: Iterable[Endpoint], pins: Pins) -> Iterator[Endpoint]:
    """The endpoints, reached as `--resolve` and `--connect-to` say; they win over targets.yaml.

    Endpoints that share a route, or have none, share the new one: a fleet's pins are not kept once for each.
    """
    if not pins:
        yield from endpoints
        return
    bare = Route(pins)
    routes: dict[int, Route] = {}
    for endpoint in endpoints:
        old = endpoint.route
        if not old.pins and not old.addresses:
            yield replace(endpoint, route=bare)
            continue
        if id(old) not in routes:
            routes[id(old)] = Route({**old.pins, **pins}, old.addresses)
        yield replace(endpoint, route=routes[id(old)])


def parse_resolve(text: str) -> tuple[tuple[str, int], SocketAddress]:
    """curl's `HOST:PORT:ADDRESS` -> ((host, port), (address, port)). Raises TargetError."""
    matched = _RESOLVE.fullmatch(text)
    if not matched:
        raise TargetError(f"--resolve {shown(text)}: write HOST:PORT:ADDRESS, such as example.org:443:192.0.2.10")
    with _named("--resolve", text):
        port = parse_port(matched[2])
        return (parse_authority(matched[1])[0], port), (parse_address(matched[3]), port)


def parse_connect_to(text: str) -> tuple[tuple[str, int], SocketAddress]:
    """`HOST:PORT:ADDRESS:PORT` -> ((host, port), (address, port)). Raises TargetError."""
    matched = _CONNECT_TO.fullmatch(text)
    if not matched:
        example = "example.org:443:192.0.2.10:8443"
        raise TargetError(f"--connect-to {shown(text)}: write HOST:PORT:ADDRESS:PORT, such as {example}")
    with _named("--connect-to", text):
        public = parse_authority(matched[1])[0], parse_port(matched[2])
        return public, (parse_address(matched[3]), parse_port(matched[4]))


@contextmanager
def _named(option: str, text: str) -> Iterator[None]:
    """Say in which option it is what is wrong."""
    try:
        yield
    except TargetError as error:
        raise TargetError(f"{option} {shown(text)}: {error}") from None
