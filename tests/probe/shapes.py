"""Thirteen ways in which websites force https, or fail to, as five servers are told to behave so.

Every way has a host name of its own, so that one server of each kind shows all of them.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.servers import CertificateAuthority, VirtualHost, daemon, free_port, nginx, require, serve
from tests.servers.daemon import answers_http
from tests.servers.varnish import varnish

ADDRESS = "127.0.0.1"
YEAR = "max-age=31536000"
PAGE = "<!doctype html><title>Test</title>"
UNUSED = {"/unused": PAGE}

# What the certificates are for.
NAMES = ("*.example.org", "*.bare.example.org")


class Redirect(NamedTuple):
    """Where requests go: from one path, or from all others, with path and query if `to` ends in `{uri}`."""

    status: int
    to: str
    path: str | None = None


@dataclass(frozen=True)
class Way:
    """How one host behaves. What does not redirect is a page, if it is named in `pages`, or else 404. `hsts` are the
    fields of every answer over https, errors excepted if `not_on_errors`.
    """

    http: tuple[Redirect, ...] = ()
    https: tuple[Redirect, ...] = ()
    http_page: str | None = None
    hsts: tuple[str, ...] = (YEAR,)
    not_on_errors: bool = False
    pages: Mapping[str, str] = field(default_factory=lambda: {"/": PAGE})

    def redirects(self, scheme: str) -> tuple[Redirect, ...]:
        return self.https if scheme == "https" else self.http

    def shown(self, scheme: str) -> Mapping[str, str]:
        return {"/": self.http_page} if scheme == "http" and self.http_page else self.pages


def to_https(host: str, status: int = 301) -> tuple[Redirect]:
    return (Redirect(status, f"https://{host}{{uri}}"),)


WAYS: Mapping[str, Way] = {
    "moved.example.org": Way(to_https("moved.example.org")),
    "found.example.org": Way(to_https("found.example.org", 302)),
    "temporary.example.org": Way(to_https("temporary.example.org", 307)),
    "permanent.example.org": Way(to_https("permanent.example.org", 308)),
    "refresh.example.org": Way(
        http_page=f'{PAGE}<meta http-equiv="refresh" content="0; url=https://refresh.example.org/">'
    ),
    "bare.example.org": Way((Redirect(301, "http://www.bare.example.org{uri}"),)),
    "www.bare.example.org": Way(to_https("www.bare.example.org")),
    "detour.example.org": Way(to_https("elsewhere.example.org")),
    "elsewhere.example.org": Way(https=to_https("detour.example.org")),
    "port.example.org": Way((Redirect(301, "https://port.example.org:80{uri}"),)),
    "loop.example.org": Way(to_https("loop.example.org"), to_https("loop.example.org")),
    "downgrade.example.org": Way(
        to_https("downgrade.example.org"),
        (
            Redirect(302, "http://downgrade.example.org/end", "/second"),
            Redirect(302, "https://downgrade.example.org/second", "/"),
        ),
        pages={"/end": PAGE},
    ),
    "errors.example.org": Way(to_https("errors.example.org"), not_on_errors=True),
    "twice.example.org": Way(to_https("twice.example.org"), hsts=("max-age=0", YEAR)),
    "quoted.example.org": Way(to_https("quoted.example.org"), hsts=('max-age="31536000"',)),
}


@dataclass(frozen=True)
class Ports:
    https: int
    http: int


@contextlib.contextmanager
def _virtual_hosts(program: str, ca: CertificateAuthority) -> Iterator[Ports]:
    chain = ca.leaf(NAMES)
    write = {"nginx": _nginx, "apache": _apache, "haproxy": _haproxy}[program]
    first, *others = (
        VirtualHost(
            (host,),
            [chain],
            {**UNUSED, **(way.pages if way.http_page is None else {})},
            https_config=write(way, "https"),
            http_config=write(way, "http"),
        )
        for host, way in WAYS.items()
    )
    with serve(
        program,
        ca=ca,
        names=first.names,
        chains=first.chains,
        pages=first.pages,
        https_config=first.https_config,
        http_config=first.http_config,
        others=others,
    ) as server:
        yield Ports(server.https_port, server.http_port)


def _nginx(way: Way, scheme: str) -> str:
    always = "" if way.not_on_errors else " always"
    lines = [f"add_header Strict-Transport-Security '{value}'{always};" for value in _fields(way, scheme)]
    for status, to, path in way.redirects(scheme):
        told = f"return {status} {to.format(uri='$request_uri')};"
        lines.append(f"if ($uri = {path}) {{ {told} }}" if path else told)
    if way.http_page is not None:
        lines.append(f"location = / {{ return 200 '{way.shown(scheme)['/']}'; }}")
    return "\n".join(lines)


def _apache(way: Way, scheme: str) -> str:
    where = "" if way.not_on_errors else " always"
    lines = [
        f'Header{where} {"add" if number else "set"} Strict-Transport-Security "{_escaped(value)}"'
        for number, value in enumerate(_fields(way, scheme))
    ]
    lines.append("RewriteEngine on")
    for status, to, path in way.redirects(scheme):
        lines.append(f"RewriteRule ^({path or '.*'})$ {to.format(uri='$1')} [R={status},L,NE]")
    if way.http_page is not None:
        page = way.shown(scheme)["/"].replace('"', "'")
        lines.append(f'RewriteRule ^/$ - [R=200,L]\nErrorDocument 200 "{page}"')
    return "\n".join(lines)


def _haproxy(way: Way, scheme: str) -> str:
    only = " if { status 200 }" if way.not_on_errors else ""
    lines = [
        f'http-after-response add-header Strict-Transport-Security "{_escaped(value)}"{only}'
        for value in _fields(way, scheme)
    ]
    for status, to, path in way.redirects(scheme):
        kind = f"prefix {to.removesuffix('{uri}')}" if to.endswith("{uri}") else f"location {to}"
        lines.append(f"http-request redirect {kind} code {status}" + (f" if {{ path {path} }}" if path else ""))
    if way.http_page is not None:
        page = _escaped(way.shown(scheme)["/"])
        lines.append(f'http-request return status 200 content-type text/html string "{page}" if {{ path / }}')
    return "\n".join(lines)


@contextlib.contextmanager
def _caddy(ca: CertificateAuthority) -> Iterator[Ports]:
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name:
        folder = Path(name)
        ports = Ports(free_port(ADDRESS), free_port(ADDRESS))
        certificate, key = ca.leaf(NAMES).write(folder, "leaf")
        sites = [f"{{\nadmin off\nauto_https off\nstorage file_system {folder}\n}}"]
        for host, way in WAYS.items():
            tls = f"tls {certificate} {key}"
            sites.append(f"https://{host}:{ports.https} {{\nbind {ADDRESS}\n{tls}\n{_caddy_route(way, 'https')}\n}}")
            sites.append(f"http://{host}:{ports.http} {{\nbind {ADDRESS}\n{_caddy_route(way, 'http')}\n}}")
        (folder / "Caddyfile").write_text("\n".join(sites), "utf-8")
        command = [
            "env",
            *(f"{variable}={folder}" for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")),
            *(require("caddy", "caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"),
        ]
        with daemon(command, partial(answers_http, ADDRESS, ports.http), folder / "daemon.log"):
            yield ports


def _caddy_route(way: Way, scheme: str) -> str:
    header = [f"header +Strict-Transport-Security `{value}`" for value in _fields(way, scheme)]
    lines = [] if way.not_on_errors else header
    for status, to, path in way.redirects(scheme):
        lines.append(f"redir {path or '*'} {to} {status}")
    for path, html in way.shown(scheme).items():
        first = "\n".join(header) if way.not_on_errors else ""
        lines.append(f"handle {path} {{\n{first}\nheader Content-Type text/html\nrespond `{html}` 200\n}}")
    return "route {\n" + "\n".join([*lines, "respond 404"]) + "\n}"


@contextlib.contextmanager
def _varnish(ca: CertificateAuthority) -> Iterator[Ports]:
    """With nginx in front of it for TLS."""
    with varnish(_vcl()) as behind:
        config = (
            f"location / {{ proxy_pass http://{ADDRESS}:{behind.port}; proxy_redirect off;"
            "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; }"
        )
        # What Varnish cannot say twice, the server in front of it adds.
        second = WAYS["twice.example.org"].hsts[1]
        twice = f"add_header Strict-Transport-Security '{second}' always;\n{config}"
        others = (VirtualHost(("twice.example.org",), [ca.leaf(NAMES)], UNUSED, https_config=twice),)
        with nginx(
            ca=ca,
            names=(*NAMES, "bare.example.org"),
            chains=[ca.leaf(NAMES)],
            pages=UNUSED,
            https_config=config,
            others=others,
        ) as front:
            yield Ports(front.https_port, behind.port)


def _vcl() -> str:
    recv = []
    for host, way in WAYS.items():
        for scheme, operator in (("https", "=="), ("http", "!=")):
            recv.append(f'if (req.http.host == "{host}" && req.http.X-Forwarded-Proto {operator} "https") {{')
            recv += [f'set req.http.X-HSTS = {{"{value}"}};' for value in _fields(way, scheme)[:1]]
            for status, to, path in way.redirects(scheme):
                target = f'"{to.removesuffix("{uri}")}"' + (" + req.url" if to.endswith("{uri}") else "")
                condition = f'if (req.url == "{path}") ' if path else ""
                recv.append(f"{condition}{{ set req.http.X-To = {target}; return (synth({status})); }}")
            for path, html in way.shown(scheme).items():
                recv.append(f'if (req.url == "{path}") {{ set req.http.X-Page = {{"{html}"}}; return (synth(200)); }}')
            recv.append("unset req.http.X-HSTS;" if way.not_on_errors else "")
            recv.append("return (synth(404)); }")
    synth = [
        'set resp.http.Content-Type = "text/html";',
        "if (req.http.X-To) { set resp.http.Location = req.http.X-To; }",
        "if (req.http.X-HSTS) { set resp.http.Strict-Transport-Security = req.http.X-HSTS; }",
        "synthetic(req.http.X-Page);",
        "return (deliver);",
    ]
    subs = {"vcl_recv": [*recv, "return (synth(404));"], "vcl_synth": synth}
    return "vcl 4.1;\nbackend default none;\n" + "\n".join(
        "\n".join([f"sub {name} {{", *lines, "}"]) for name, lines in subs.items()
    )


def _fields(way: Way, scheme: str) -> tuple[str, ...]:
    return way.hsts if scheme == "https" else ()


def _escaped(text: str) -> str:
    return text.replace('"', '\\"')


PROGRAMS: Mapping[str, Callable[[CertificateAuthority], AbstractContextManager[Ports]]] = {
    "nginx": partial(_virtual_hosts, "nginx"),
    "apache": partial(_virtual_hosts, "apache"),
    "haproxy": partial(_virtual_hosts, "haproxy"),
    "caddy": _caddy,
    "varnish": _varnish,
}
"""Each serves all the ways until the block ends."""
