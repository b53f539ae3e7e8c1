"""What is asked of the URLs that pages name as canonical."""

from pathlib import Path

from tests.faults import message, serve_fault, server_context
from tests.probe.web import ADDRESS, HOST, Website, endpoint, look, seen_links
from tests.servers import CertificateAuthority
from tlsaudit.evidence import CanonicalLinks, HttpsExchange, Reason
from tlsaudit.probe.http import DEEP_PATH, HttpLook

OTHER = "m.example.org"
ROOT = f"https://{HOST}/"


def naming(*urls: str) -> bytes:
    links = "".join(f'<link rel="canonical" href="{url}">' for url in urls)
    return message(200, "Content-Type: text/html", body=f"<head>{links}</head><body>".encode())


def answers_of(seen: HttpLook) -> list[tuple[str, list[tuple[str, int]], tuple[str, ...]]]:
    return [
        (target.url, [(hop.url, hop.status) for hop in target.visit.hops], target.names)
        for target in seen_links(seen).targets
    ]


def test_what_was_read_as_a_page_is_not_asked_again(ca: CertificateAuthority, ca_file: Path) -> None:
    website = Website(
        {
            "/": naming(ROOT),
            "/a": naming(f"{ROOT}b"),
            "/b": naming(f"{ROOT}c", f"{ROOT}d"),
            "/c": naming(f"https://{OTHER}/c"),
            "/moved": message(301, "Location: /c"),
            "/e": naming(f"{ROOT}moved", "tel:1", "http://example.org/"),
        }
    )
    pages = ("/", "/a", "/b", "/e", "/moved")
    with serve_fault(website.handler, server_context(ca.leaf([HOST, OTHER]))) as secure:
        seen = look(endpoint(secure, pages=pages, others={OTHER: ADDRESS}), ca_file)
    assert answers_of(seen) == [
        (ROOT, [(ROOT, 200)], (ROOT,)),
        (f"{ROOT}b", [(f"{ROOT}b", 200)], (f"{ROOT}c", f"{ROOT}d")),
        (f"{ROOT}c", [(f"{ROOT}c", 200)], (f"https://{OTHER}/c",)),
        (f"{ROOT}d", [(f"{ROOT}d", 404)], ()),
        (f"{ROOT}moved", [(f"{ROOT}moved", 301), (f"{ROOT}c", 200)], (f"https://{OTHER}/c",)),
    ]
    asked = [request for request in website.asked if request.removeprefix(f"{HOST} ") in ("/c", "/d", *pages)]
    # Once /c as the end of a redirect, whose page is not read, and once as an address that is named.
    assert sorted(asked) == sorted(f"{HOST} {path}" for path in (*pages, "/c", "/c", "/d"))


def test_a_page_that_was_not_read_is_read_where_it_is_named(ca: CertificateAuthority, ca_file: Path) -> None:
    deep = f"https://{HOST}{DEEP_PATH}"
    website = Website({"/": naming(deep), DEEP_PATH: naming(deep)})
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
    assert answers_of(seen) == [(deep, [(deep, 200)], (deep,))]


def test_another_host_may_be_named(ca: CertificateAuthority, ca_file: Path) -> None:
    mobile = f"https://{OTHER}/"
    website = Website({"/": naming(mobile)})
    with serve_fault(website.handler, server_context(ca.leaf([HOST, OTHER]))) as secure:
        seen = look(endpoint(secure, others={OTHER: ADDRESS}), ca_file)
    assert answers_of(seen) == [(mobile, [(mobile, 200)], (mobile,))]
    assert f"{OTHER} /" in website.asked


def test_the_http_copy_names_targets_too(ca: CertificateAuthority, ca_file: Path) -> None:
    http, https = Website({"/": naming(f"{ROOT}gone")}), Website({"/": message(301, "Location: /gone")})
    with serve_fault(http.handler) as plain, serve_fault(https.handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure, plain), ca_file)
    assert answers_of(seen) == [(f"{ROOT}gone", [(f"{ROOT}gone", 404)], ())]
    [page] = seen_links(seen).pages
    assert getattr(page.https, "redirect", None) == f"{ROOT}gone"


def test_a_host_that_does_not_answer(ca: CertificateAuthority, ca_file: Path) -> None:
    website = Website({"/": naming("https://no..such.example/", f"https://{HOST}:1/")})
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure), ca_file)
    [nowhere, closed] = seen_links(seen).targets
    assert nowhere.visit.stopped is not None
    assert nowhere.visit.stopped.reason is Reason.UNRESOLVED
    assert closed.visit.stopped is not None
    assert closed.visit.stopped.reason is Reason.REFUSED


def test_ten_are_asked_for_and_no_more(ca: CertificateAuthority, ca_file: Path) -> None:
    pages = {f"/{number}": naming(f"{ROOT}to/{number}") for number in range(12)}
    website = Website({**pages, "/last": naming(f"{ROOT}last")})
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure, pages=(*pages, "/last")), ca_file)
    named = [url for url, _, _ in answers_of(seen)]
    assert named == [*(f"{ROOT}to/{number}" for number in range(10)), f"{ROOT}last"]
    assert sum("/to/" in request for request in website.asked) == 10


def test_nothing_is_asked_where_canonical_links_are_not_wanted(ca: CertificateAuthority, ca_file: Path) -> None:
    website = Website({"/": naming(f"{ROOT}c")})
    with serve_fault(website.handler, server_context(ca.leaf())) as secure:
        look(endpoint(secure), ca_file, wanted=frozenset({HttpsExchange}))
        assert f"{HOST} /c" not in website.asked
        look(endpoint(secure), ca_file, wanted=frozenset({CanonicalLinks}))
        assert f"{HOST} /c" in website.asked
