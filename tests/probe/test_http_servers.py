"""Real servers, from the probe to the verdict of the three web checks; the fixes that the checks name are tried out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checks.run import judge, registry
from tests.probe.web import HOST, endpoint, look, seen_http, seen_https, seen_links
from tests.servers import PROGRAMS, CertificateAuthority, Server, Shape, VirtualHost, nginx, serve
from tlsaudit.check import Parent
from tlsaudit.probe.http import DEEP_PATH, HttpLook
from tlsaudit.target import Endpoint

CANONICAL = f'<!doctype html><html><head><link rel="canonical" href="https://{HOST}/"></head><body></body></html>'
PAGES = ("/", "/wiki/Encryption")


def verdicts(seen: HttpLook) -> dict[str, list[tuple[str, str]]]:
    return {
        "hsts-max-age": judge("hsts-max-age", seen_https(seen), Parent({})),
        "redirect-https": judge("redirect-https", seen_http(seen), seen_links(seen)),
        "canonical-https": judge("canonical-https", seen_links(seen)),
    }


def on(server: Server, pages: tuple[str, ...] = ("/",)) -> Endpoint:
    return endpoint(server.https_port, server.http_port, pages=pages)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_server_that_does_it_right(program: str, ca: CertificateAuthority, ca_file: Path) -> None:
    hsts = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload"}
    with serve(program, ca=ca, headers=hsts, redirect=f"https://{HOST}", pages={"/": CANONICAL}) as server:
        seen = look(on(server), ca_file)
    assert verdicts(seen) == {
        "hsts-max-age": [("pass", "HSTS lasts 730 days, subdomains included")],
        "redirect-https": [("pass", f"http -> 301 https://{HOST}/")],
        "canonical-https": [("pass", f"canonical is https://{HOST}/")],
    }


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_server_that_does_nothing_in_any_shape(
    program: str, shape: Shape, shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    seen = look(on(shared_server(program, shape)), ca_file)
    assert seen_https(seen).chain_error is None
    missing = "names no canonical link"
    assert verdicts(seen) == {
        "hsts-max-age": [("fail", "no HSTS header")],
        "redirect-https": [("fail", "http -> 200: not a redirect")],
        "canonical-https": [("fail", f"the http copy {missing}, the https copy {missing}")],
    }


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("check", ["hsts-max-age", "redirect-https", "canonical-https"])
def test_the_fix_that_a_check_names_works(check: str, program: str, ca: CertificateAuthority, ca_file: Path) -> None:
    fix = registry()[check].fixes.get(program)
    if fix is None:
        assert (check, program) == ("canonical-https", "haproxy")
        return
    https = fix if check != "redirect-https" else ""
    http = fix if check != "hsts-max-age" else ""
    page = "<!doctype html><title>Test</title>"
    with serve(program, ca=ca, https_config=https, http_config=http, pages=dict.fromkeys(PAGES, page)) as server:
        seen = look(on(server, PAGES), ca_file)
    assert {outcome for outcome, _ in verdicts(seen)[check]} == {"pass"}


# Who sets a cookie without Secure behind the server, or in it.
SETS_COOKIES = {
    "nginx": "location / {{ proxy_pass http://127.0.0.1:@HTTP_PORT@; proxy_set_header Host app.example.org; }} {fix}",
    "apache": 'Header set Set-Cookie "session=1; Path=/"\n{fix}',
    "haproxy": '{fix}\nhttp-request return status 200 hdr Set-Cookie "session=1; Path=/"',
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_fix_for_cookies_works(program: str, ca: CertificateAuthority, ca_file: Path) -> None:
    application = VirtualHost(("app.example.org",), http_config='add_header Set-Cookie "session=1; Path=/";')
    others = (application,) if program == "nginx" else ()
    said = []
    for fix in ("", registry()["cookies-secure"].fixes[program]):
        config = SETS_COOKIES[program].format(fix=fix)
        pages = {"/other": ""} if program == "nginx" else None  # an exact location would win over the application
        to_https = f"https://{HOST}"
        with serve(program, ca=ca, https_config=config, redirect=to_https, pages=pages, others=others) as server:
            seen = look(on(server), ca_file)
        said += judge("cookies-secure", seen_http(seen), seen_https(seen))
    assert said == [("fail", "without Secure: session"), ("pass", "over https and with Secure: session")]


@pytest.mark.parametrize("program", ["nginx", "apache"])
def test_hsts_that_leaves_out_errors_or_redirects_is_found(
    program: str, ca: CertificateAuthority, ca_file: Path
) -> None:
    config = {
        "nginx": 'add_header Strict-Transport-Security "max-age=31536000";\nlocation = /moved { return 301 /; }',
        "apache": 'Header set Strict-Transport-Security "max-age=31536000"\nRedirect permanent /moved /',
    }
    with serve(program, ca=ca, https_config=config[program]) as server:
        seen = look(on(server, ("/", "/moved")), ca_file)
    assert [visit.hops[0].status for visit in seen_https(seen).visits] == [200, 301, 404]
    with_header, without = ("/, /moved", DEEP_PATH) if program == "nginx" else ("/", f"/moved, {DEEP_PATH}")
    assert verdicts(seen)["hsts-max-age"] == [
        ("pass", f"HSTS lasts 365 days on {with_header}"),
        ("fail", f"no HSTS header on {without}"),
    ]


def test_of_two_hsts_fields_the_first_counts(ca: CertificateAuthority, ca_file: Path) -> None:
    fields = ("max-age=31536000; includeSubDomains", "max-age=0")
    for sent, expected in ((fields, "pass"), (fields[::-1], "fail")):
        config = "\n".join(f'add_header Strict-Transport-Security "{field}" always;' for field in sent)
        with nginx(ca=ca, https_config=config) as server:
            seen = look(on(server), ca_file)
        assert seen_https(seen).visits[0].hops[0].hsts == sent
        assert [outcome for outcome, _ in verdicts(seen)["hsts-max-age"]] == [expected]


def test_hsts_over_plain_http_is_no_hsts(ca: CertificateAuthority, ca_file: Path) -> None:
    config = 'add_header Strict-Transport-Security "max-age=31536000" always;'
    with nginx(ca=ca, http_config=config) as server:
        seen = look(on(server), ca_file)
    assert seen_http(seen).visits[0].hops[0].hsts == ("max-age=31536000",)
    assert verdicts(seen)["hsts-max-age"] == [("fail", "no HSTS header")]


def test_a_detour_over_the_bare_domain(ca: CertificateAuthority, ca_file: Path) -> None:
    config = "return 302 https://example.org$request_uri;"
    with nginx(
        ca=ca, names=(HOST, "example.org"), http_config=config, https_config=f"return 301 http://{HOST}/;"
    ) as server:
        target = endpoint(server.https_port, server.http_port, others={"example.org": server.address})
        seen = look(target, ca_file)
    assert verdicts(seen)["redirect-https"] == [
        (
            "fail",
            f"http -> 302 https://example.org/: other host, not permanent, later back to http://{HOST}/, redirect loop",
        )
    ]


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_server_that_turns_the_probe_away_is_not_judged(status: int, ca: CertificateAuthority, ca_file: Path) -> None:
    config = f"return {status};"
    with nginx(ca=ca, http_config=config, https_config=config) as server:
        seen = look(on(server), ca_file)
    assert {check: verdict[0][0] for check, verdict in verdicts(seen).items()} == dict.fromkeys(
        verdicts(seen), "unknown"
    )


def test_compressed_pages_are_read(ca: CertificateAuthority, ca_file: Path) -> None:
    with nginx(ca=ca, pages={"/": CANONICAL + "<p>" * 1000}, https_config="gzip on; gzip_min_length 1;") as server:
        seen = look(on(server), ca_file)
    assert verdicts(seen)["canonical-https"] == [("pass", f"canonical is https://{HOST}/")]


def test_one_page_over_http_and_https_costs_two_connections(ca: CertificateAuthority, ca_file: Path) -> None:
    with nginx(ca=ca, redirect=f"https://{HOST}", pages={"/": CANONICAL}) as server:
        before = server.connection_count()
        look(on(server), ca_file)
        assert server.connection_count() - before == 2
