"""Pages as the web writes them, served by nginx, from its bytes to the evidence."""

import codecs
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.checks.run import judge, registry
from tests.faults import message, serve_fault, server_context
from tests.probe.web import HOST, Website, endpoint, look, missing, seen_links
from tests.servers import PROGRAMS, CertificateAuthority, nginx, serve
from tlsaudit.evidence import CanonicalLinks, MixedContent, PageContent, PageCopy, Reason
from tlsaudit.probe.http import HttpLook
from tlsaudit.probe.limits import Limits

ROOT = f"https://{HOST}/"
LINK = f'<link rel="canonical" href="{ROOT}\u0416">'
GOOD = f"{ROOT}%D0%96"

# Path -> type, bytes, and the canonical links that count.
PAGES: Mapping[str, tuple[str, bytes, tuple[str, ...]]] = {
    "/relative": ("text/html", "<head><link rel=canonical href='\u0416'></head>".encode(), (GOOD,)),
    "/no-scheme": ("text/html", f"<head><link rel=canonical href='//{HOST}/\u0416'></head>".encode(), (GOOD,)),
    "/body": ("text/html", f"<head><title>x</title></head><body>{LINK}</body>".encode(), ()),
    "/div": ("text/html", f"<head><div></div>{LINK}</head>".encode(), ()),
    "/twice": ("text/html", f"<head>{LINK}{LINK}</head>".encode(), (GOOD,)),
    "/two": ("text/html", f"<head>{LINK}<link rel=canonical href=/></head>".encode(), (GOOD, ROOT)),
    "/comment": ("text/html", f"<head><!-- {LINK} --></head>".encode(), ()),
    "/upper": ("text/html", f"<HEAD><LINK HREF='{ROOT}\u0416' REL=CANONICAL></HEAD>".encode(), (GOOD,)),
    "/xhtml": (
        "application/xhtml+xml",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/>{LINK[:-1]}/></head><body/></html>'.encode(),
        (GOOD,),
    ),
    "/bom": ("text/html; charset=iso-8859-5", codecs.BOM_UTF8 + f"<head>{LINK}</head>".encode(), (GOOD,)),
    "/utf-16": ("text/html", f"<head>{LINK}</head>".encode("utf-16"), (GOOD,)),
    "/windows-1251": ("text/html; charset=windows-1251", f"<head>{LINK}</head>".encode("cp1251"), (GOOD,)),
    "/meta": ("text/html", f"<head><meta charset=windows-1251>{LINK}</head>".encode("cp1251"), (GOOD,)),
}


def seen_contents(seen: HttpLook) -> MixedContent:
    found = seen.found[MixedContent]
    assert isinstance(found, MixedContent), found
    return found


def test_pages_as_the_web_writes_them(ca: CertificateAuthority, ca_file: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    locations = []
    for path, (content_type, body, _) in PAGES.items():
        (tmp_path / path[1:]).write_bytes(body)
        locations.append(f'location = {path} {{ root {tmp_path}; types {{ }} default_type "{content_type}"; }}')
    with nginx(ca=ca, https_config="\n".join(locations)) as server:
        seen = look(endpoint(server.https_port, pages=tuple(PAGES)), ca_file)
    copies = {page.path: page.https for page in seen_links(seen).pages}
    links = {path: copy.html_links for path, copy in copies.items() if isinstance(copy, PageCopy)}
    assert links == {path: expected for path, (_, _, expected) in PAGES.items()}


def test_mixed_content_from_the_server_to_the_verdict(ca: CertificateAuthority, ca_file: Path) -> None:
    pages = {
        "/": "<script src=http://a.example/x.js></script><img src=http://a.example/x.png>",
        "/form": "<form action=http://a.example/login>",
        "/missing": "",
    }
    served = {path: body for path, body in pages.items() if body}
    upgrade = 'add_header Content-Security-Policy "img-src *; upgrade-insecure-requests" always;'
    said = []
    for config in ("", upgrade):
        with nginx(ca=ca, pages=served, https_config=config) as server:
            seen = look(endpoint(server.https_port, server.http_port, pages=tuple(pages)), ca_file)
        assert [path for path, _ in seen_contents(seen).pages] == ["/", "/form"]
        said += judge("mixed-content", seen_contents(seen))
    assert said == [
        (
            "fail",
            "2 pages: by plain http 1 load that browsers block, 1 form, first on /: script src http://a.example/x.js",
        ),
        ("pass", "2 pages: 3 by plain http, upgraded by upgrade-insecure-requests"),
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_fix_for_mixed_content_works(program: str, ca: CertificateAuthority, ca_file: Path) -> None:
    pages = {"/": "<script src=http://a.example/x.js></script>"}
    said = []
    for config in ("", registry()["mixed-content"].fixes[program]):
        with serve(program, ca=ca, pages=pages, https_config=config) as server:
            seen = look(endpoint(server.https_port, server.http_port), ca_file)
        said += [outcome for outcome, _ in judge("mixed-content", seen_contents(seen))]
    assert said == ["fail", "pass"]


def test_which_pages_have_contents(ca: CertificateAuthority, ca_file: Path) -> None:
    html = "Content-Type: text/html"
    website = Website(
        {
            "/": message(200, html, "Refresh: 0; url=/next", body=b"<title>x</title><p>" + b"x" * 2000),
            "/feed": message(200, "Content-Type: text/xml", body=b"<img src='http://a.example/'>"),
            "/moved": message(301, "Location: /", html, body=b"<img src=http://a.example/>"),
            "/gone": message(404, html, body=b"<img src=http://a.example/>"),
            "/forbidden": message(403, html),
            "/slow-down": message(429, html),
            "/broken": message(500, html),
            "/gzip": message(200, html, "Content-Encoding: gzip", body=b"no gzip"),
            "/empty": message(200, html, "Content-Encoding: gzip"),
        }
    )
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        target = endpoint(secure, pages=tuple(website.answers))
        seen = look(target, ca_file, limits=Limits(body_bytes=1000))
        none = look(target, ca_file, wanted=frozenset({CanonicalLinks}))
    contents = dict(seen_contents(seen).pages)
    first = contents.pop("/")
    assert isinstance(first, PageContent)
    assert not first.complete
    empty = contents.pop("/empty")
    assert isinstance(empty, PageContent)
    assert empty.complete
    assert {path: missing(why).reason for path, why in contents.items()} == {
        "/forbidden": Reason.FORBIDDEN,
        "/slow-down": Reason.RATE_LIMITED,
        "/broken": Reason.SERVER_ERROR,
        "/gzip": Reason.NOT_HTTP,
    }
    assert not any(isinstance(page, PageContent) for _, page in seen_contents(none).pages)
    [root, *_] = seen_links(seen).pages
    assert isinstance(root.https, PageCopy)
    assert root.https.refresh == f"{ROOT}next"
