"""The conditions of BREACH on real servers: what nginx compresses and repeats, and what looks like a secret."""

from pathlib import Path

import pytest

from tests.checks.run import registry
from tests.faults import answering, message, serve_fault, server_context
from tests.probe.web import endpoint, look
from tests.servers import CertificateAuthority, nginx, serve
from tlsaudit.evidence import CompressedPages, NotObserved, PageCompression, Reason
from tlsaudit.probe.pages import secret_fields

FORM = "<input type=hidden name=csrf_token value=0123456789abcdef>"
MODULES = "/usr/lib/apache2/modules"
DEFLATE = f"""
LoadModule env_module {MODULES}/mod_env.so
LoadModule deflate_module {MODULES}/mod_deflate.so
SetOutputFilter DEFLATE
"""
GZIP = "gzip on; gzip_min_length 1;"


def seen_pages(port: int, ca_file: Path, *pages: str) -> dict[str, PageCompression | NotObserved]:
    seen = look(endpoint(port, pages=pages), ca_file, wanted=frozenset({CompressedPages}))
    found = seen.found[CompressedPages]
    assert isinstance(found, CompressedPages), found
    return dict(found.pages)


def test_what_nginx_compresses_and_repeats(ca: CertificateAuthority, ca_file: Path) -> None:
    config = f"""
        {GZIP}
        location = /all {{ return 200 '{FORM}<p>$args'; }}
        location = /quiet {{ return 200 '{FORM}'; }}
        location = /public {{ return 200 '<p>$args'; }}
        location = /cookie {{ add_header Set-Cookie a=b; return 200 '<p>'; }}
        location = /vary {{ add_header Vary 'Accept, Cookie'; return 200 '<p>'; }}
        location = /plain {{ gzip off; return 200 '{FORM}<p>$args'; }}
        location = /gated {{ if ($http_sec_fetch_site = cross-site) {{ return 403; }} return 200 '{FORM}<p>$args'; }}
        location = /moved {{ return 301 /; }}
    """
    paths = ("/all?a=b", "/quiet", "/public", "/cookie", "/moved", "/vary")
    with nginx(ca=ca, https_config=config) as server:
        first = seen_pages(server.https_port, ca_file, *paths)
        rest = seen_pages(server.https_port, ca_file, "/plain", "/gated")
    assert first | rest == {
        "/all?a=b": PageCompression("gzip", repeats=True, secrets=("csrf_token",)),
        "/quiet": PageCompression("gzip", secrets=("csrf_token",)),
        "/public": PageCompression("gzip", repeats=True),
        "/cookie": PageCompression("gzip", personal=True),
        "/vary": PageCompression("gzip", personal=True),
        "/plain": PageCompression(None),
        "/gated": PageCompression(None, refused=True),
    }


@pytest.mark.parametrize(
    ("program", "compressing"),
    [
        ("nginx", GZIP),
        ("apache", DEFLATE),
    ],
)
def test_the_fix_works(program: str, compressing: str, ca: CertificateAuthority, ca_file: Path) -> None:
    fix = registry()["compression-secrets"].fixes[program]
    codings = []
    for config in (compressing, fix if program == "nginx" else f"{compressing}\n{fix}"):
        with serve(program, ca=ca, pages={"/": FORM + "x" * 2000}, https_config=config) as server:
            page = seen_pages(server.https_port, ca_file, "/")["/"]
        assert isinstance(page, PageCompression), page
        codings.append(page.coding)
    assert codings == ["gzip", None]


def test_codings_that_are_not_read_here_are_told(ca: CertificateAuthority, ca_file: Path) -> None:
    """The second request accepts none, which a server may not heed."""
    answer = message(200, "Content-Type: text/html", "Content-Encoding: br", body=b"anything")
    with serve_fault(answering(answer), server_context(ca.leaf())) as server:
        found = seen_pages(server.port, ca_file, "/")
    assert found == {"/": NotObserved(Reason.NOT_HTTP, "a content coding that was not asked for")}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("<meta name=csrf-token content=0123456789>", ("csrf-token",)),
        ("<input type=HIDDEN name=__RequestVerificationToken value=0123456789>", ("__RequestVerificationToken",)),
        ("<input type=hidden name=authenticity_token value=0123456789>", ("authenticity_token",)),
        ("<input type=hidden name=_wpnonce value=0123456789>", ("_wpnonce",)),
        ("<input type=hidden name=wpEditToken value=0123456789>", ("wpEditToken",)),
        ("<script>var s = {'csrfToken': '0123456789'}</script>", ("csrfToken",)),
        ("<input type=hidden name=token value=0123456789>" * 9, ("token",)),
        ("<input type=text name=csrf value=0123456789>", ()),
        ("<input type=hidden name=csrf value=short>", ()),
        ("<!-- <input type=hidden name=csrf value=0123456789> -->", ()),
        ("<input type=hidden name=page value=0123456789>", ()),
        ("<input type=hidden name=tokens value=0123456789>", ()),
        ("<script>csrfToken = " + '"' * 9999, ()),
    ],
)
def test_what_looks_like_a_secret(page: str, names: tuple[str, ...]) -> None:
    assert secret_fields(page.encode(), "text/html") == names
