"""What a site tells crawlers: robots.txt and sitemaps of real servers and of hostile ones, and the sample from them."""

import asyncio
import gzip
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.faults import FAULTS, Handler, flooding, message, read_request, serve_fault, server_context
from tests.probe.web import (
    ADDRESS,
    HOST,
    PATIENT,
    QUICK,
    Website,
    endpoint,
    look,
    missing,
    seen_http,
    seen_https,
    seen_index,
    seen_links,
)
from tests.servers import CertificateAuthority, nginx
from tlsaudit.evidence import NotObserved, PageCopy, Reason, SiteIndex, Sitemap
from tlsaudit.probe.limits import Limits

ROOT = f"https://{HOST}"
CDN = "cdn.example.org"


def urlset(*locations: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{each}</loc></url>' for each in locations)}</urlset>".encode()


def index_of(*locations: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in locations)
    return f"<sitemapindex>{entries}</sitemapindex>".encode()


def site(files: Mapping[str, bytes], others: Mapping[str, bytes] | None = None) -> Website:
    """A site of files that are there and further answers."""
    answers = {path: message(200, body=body) for path, body in files.items()}
    return Website({"/": message(200), **answers, **(others or {})})


def looked_at(website: Website, ca: CertificateAuthority, ca_file: Path, sample: int = 3) -> SiteIndex:
    with serve_fault(website.handler, server_context(ca.leaf([HOST, CDN]))) as https:
        return seen_index(look(endpoint(https, others={CDN: ADDRESS}, sample=sample), ca_file))


def counted(sitemaps: Iterable[Sitemap]) -> list[tuple[str, int, Reason | None]]:
    return [(each.url, each.count, each.missing.reason if each.missing else None) for each in sitemaps]


def test_a_real_site(ca: CertificateAuthority, ca_file: Path, tmp_path: Path) -> None:
    paths = [f"/page/{number}" for number in range(200)]
    (tmp_path / "robots.txt").write_text(f"User-agent: *\r\nDisallow:\r\nSitemap: {ROOT}/maps/index.xml\r\n")
    (tmp_path / "maps").mkdir()
    maps = {"index.xml": index_of(f"{ROOT}/maps/a.xml.gz", f"{ROOT}/maps/b.xml")}
    maps["a.xml.gz"] = gzip.compress(urlset(*(ROOT + path for path in paths[:100])))
    maps["b.xml"] = urlset(*(f"http://{HOST}{path}" for path in paths[100:]), "https://elsewhere.example/")
    for name, body in maps.items():
        (tmp_path / "maps" / name).write_bytes(body)
    tmp_path.chmod(0o755)
    page = '<link rel=canonical href="https://$host$uri">'
    config = f"""
        location = /robots.txt {{ root {tmp_path}; }}
        location /maps/ {{ root {tmp_path}; gzip on; gzip_types application/xml text/xml; }}
        location /page/ {{ return 200 '{page}'; }}"""
    with nginx(ca=ca, https_config=config, http_config=config) as server:
        target = endpoint(server.https_port, server.http_port, sample=5)
        seen, again = (look(target, ca_file) for _ in range(2))
        unasked = look(endpoint(server.https_port, server.http_port), ca_file)
    index = seen_index(seen)
    assert index.robots == (f"{ROOT}/maps/index.xml",)
    assert {each.url: (each.index, each.count, each.insecure_count, each.elsewhere) for each in index.sitemaps} == {
        f"{ROOT}/maps/index.xml": (True, 2, 0, ()),
        f"{ROOT}/maps/a.xml.gz": (False, 100, 0, ()),
        f"{ROOT}/maps/b.xml": (False, 101, 100, ("https://elsewhere.example/",)),
    }
    assert [each.missing for each in index.sitemaps] == [None] * 3
    assert index.left == 0
    assert len(index.sampled) == 5
    assert set(index.sampled) < set(paths)
    assert seen_index(again).sampled == index.sampled
    # Both copies of each are among the pages; their redirects are nobody's concern.
    assert [each.path for each in seen_links(seen).pages] == ["/", *index.sampled]
    for each in seen_links(seen).pages[1:]:
        for scheme, copy in (("http", each.http), ("https", each.https)):
            assert isinstance(copy, PageCopy)
            assert (copy.url, copy.html_links) == (f"{scheme}://{HOST}{each.path}", (ROOT + each.path,))
    assert len(seen_http(seen).visits) == len(seen_http(unasked).visits)
    assert missing(unasked.found[SiteIndex]).reason is Reason.NOT_PROBED
    assert [each.path for each in seen_links(unasked).pages] == ["/"]


@pytest.mark.parametrize(
    ("website", "robots", "sitemaps"),
    [
        (site({}), (), []),
        (site({"/sitemap.xml": urlset(f"{ROOT}/a")}), (), [("/sitemap.xml", 1, None)]),
        (site({"/robots.txt": b"Sitemap: /b.xml", "/b.xml": b"https://a/"}), ("/b.xml",), [("/b.xml", 1, None)]),
        # What a site shows for whatever it does not have is no sitemap, unless it is called one.
        (site({"/robots.txt": b"<html>", "/sitemap.xml": b"<!DOCTYPE html>"}), (), []),
        (site({"/robots.txt": b"Sitemap: /b.xml", "/b.xml": b"<html>"}), ("/b.xml",), [("/b.xml", 0, "no sitemap")]),
        (site({"/robots.txt": b"Sitemap: /b.xml"}), ("/b.xml",), [("/b.xml", 0, "no sitemap")]),
        (site({"/sitemap.xml": b"<urlset><url><loc>https://a/</loc>"}), (), [("/sitemap.xml", 0, "no sitemap")]),
        (site({}, {"/sitemap.xml": message(503)}), (), [("/sitemap.xml", 0, Reason.SERVER_ERROR)]),
        (site({}, {"/sitemap.xml": message(429)}), (), [("/sitemap.xml", 0, Reason.RATE_LIMITED)]),
        (site({}, {"/robots.txt": message(401)}), (), []),
        (site({}, {"/robots.txt": message(403)}), Reason.FORBIDDEN, []),
        (site({}, {"/robots.txt": message(500), "/sitemap.xml": message(410)}), Reason.SERVER_ERROR, []),
        (site({}, {"/robots.txt": message(301, "Location: /robots.txt")}), Reason.REDIRECT_LOOP, []),
        (site({}, {"/robots.txt": message(301)}), Reason.NOT_FOLLOWED, []),
        (
            site({"/b": b"Sitemap: /c", "/c": b"https://a/"}, {"/robots.txt": message(302, "Location: /b")}),
            ("/c",),
            [("/c", 1, None)],
        ),
        # Neither can be asked for.
        (site({"/robots.txt": b"Sitemap: ftp://a/\nSitemap: https://a b/"}), ("ftp://a/", "https://a b/"), []),
    ],
)
def test_where_sitemaps_are_looked_for(
    website: Website,
    robots: tuple[str, ...] | Reason,
    sitemaps: list[tuple[str, int, Reason | str | None]],
    ca: CertificateAuthority,
    ca_file: Path,
) -> None:
    index = looked_at(website, ca, ca_file)
    if isinstance(robots, Reason):
        assert missing(index.robots).reason is robots
    else:
        assert index.robots == tuple(ROOT + each if each.startswith("/") else each for each in robots)
    reasons = {"no sitemap": Reason.NOT_A_SITEMAP}
    assert counted(index.sitemaps) == [
        (ROOT + path, count, reasons.get(why, why) if isinstance(why, str) else why) for path, count, why in sitemaps
    ]


def test_robots_txt_may_be_five_redirects_away_and_no_more(ca: CertificateAuthority, ca_file: Path) -> None:
    def chain(length: int) -> Mapping[str, bytes]:
        steps = ["/robots.txt", *(f"/{number}" for number in range(1, length)), "/end"]
        return {step: message(301, f"Location: {to}") for step, to in itertools.pairwise(steps)}

    end = {"/end": b"Sitemap: /b.xml", "/b.xml": b"https://a/"}
    assert looked_at(site(end, chain(5)), ca, ca_file).robots == (f"{ROOT}/b.xml",)
    assert missing(looked_at(site(end, chain(6)), ca, ca_file).robots).reason is Reason.REDIRECT_LOOP


def test_a_sitemap_on_another_host_may_speak_of_that_host(ca: CertificateAuthority, ca_file: Path) -> None:
    locations = (f"{ROOT}/a", f"https://{CDN}/b", "https://third.example/c")
    website = site({"/robots.txt": f"Sitemap: https://{CDN}/map.xml".encode(), "/map.xml": urlset(*locations)})
    index = looked_at(website, ca, ca_file)
    assert website.asked[-3:] == [f"{HOST} /robots.txt", f"{CDN} /map.xml", f"{HOST} /a"]
    [sitemap] = index.sitemaps
    assert sitemap.elsewhere == ("https://third.example/c",)
    assert index.sampled == ("/a",)


def test_only_what_is_at_the_endpoint_is_sampled(ca: CertificateAuthority, ca_file: Path) -> None:
    locations = [
        f"{ROOT}/https#top",
        f"http://{HOST.upper()}:80/http",
        f"{ROOT}/caf\xe9?a=1&amp;b",
        f"{ROOT}:8443/port",
        f"http://{HOST}:443/scheme",
        "https://elsewhere.example/host",
        f"{ROOT}/listed",
        f"{ROOT}/" + "x" * 2048,
        f"{ROOT}/back\\slash",
        f"{ROOT}/paper.PDF",
        f"{ROOT}/feed.xml?page=2",
        "mailto:web@example.org",
    ]
    files = {"/sitemap.xml": urlset(*locations), "/listed": b""}
    with serve_fault(site(files).handler, server_context(ca.leaf())) as https:
        seen = look(endpoint(https, pages=("/", "/listed"), sample=50), ca_file)
    index = seen_index(seen)
    assert sorted(index.sampled) == ["/caf%C3%A9?a=1&b", "/http", "/https"]
    [sitemap] = index.sitemaps
    assert sitemap.count == 12
    assert sitemap.insecure == (f"http://{HOST}/http", f"http://{HOST}:443/scheme")
    assert sitemap.elsewhere == ("https://elsewhere.example/host",)


def test_an_index_that_contains_itself_ends(ca: CertificateAuthority, ca_file: Path) -> None:
    website = site({"/sitemap.xml": index_of(f"{ROOT}/sitemap.xml", f"{ROOT}/sitemap.xml#again")})
    index = looked_at(website, ca, ca_file)
    assert counted(index.sitemaps) == [(f"{ROOT}/sitemap.xml", 2, None)]
    assert index.left == 0
    assert website.asked.count(f"{HOST} /sitemap.xml") == 1


def test_an_index_in_an_index_is_none(ca: CertificateAuthority, ca_file: Path) -> None:
    files = {"/sitemap.xml": index_of(f"{ROOT}/b.xml"), "/b.xml": index_of(f"{ROOT}/c.xml"), "/c.xml": urlset(ROOT)}
    website = site(files)
    index = looked_at(website, ca, ca_file)
    why = NotObserved(Reason.NOT_A_SITEMAP, "an index in an index")
    assert [each.missing for each in index.sitemaps] == [None, why]
    assert f"{HOST} /c.xml" not in website.asked


def test_of_many_sitemaps_ten_are_read_always_the_same(ca: CertificateAuthority, ca_file: Path) -> None:
    names = [f"/{number}.xml" for number in range(100)]
    files = {name: urlset(f"{ROOT}/page{name[:-4]}") for name in names}
    forward, backward = (
        looked_at(site({**files, "/sitemap.xml": index_of(*(ROOT + name for name in order))}), ca, ca_file, 4)
        for order in (names, names[::-1])
    )
    assert len(forward.sitemaps) == 10
    assert forward.left == 91
    assert {each.url for each in forward.sitemaps} == {each.url for each in backward.sitemaps}
    assert forward.sampled == backward.sampled


def test_what_is_read_of_all_is_bounded(ca: CertificateAuthority, ca_file: Path) -> None:
    large = urlset(*(f"{ROOT}/{number}" for number in range(30_000)))
    lines = "".join(f"Sitemap: /{number}.xml\n" for number in range(4)).encode()
    website = site({"/robots.txt": lines, **{f"/{number}.xml": large for number in range(4)}})
    index = looked_at(website, ca, ca_file)
    assert counted(index.sitemaps) == [(f"{ROOT}/0.xml", 30_000, None), (f"{ROOT}/1.xml", 30_000, None)]
    assert index.left == 2


def test_ten_thousand_links_by_http_are_counted_and_ten_are_kept(ca: CertificateAuthority, ca_file: Path) -> None:
    website = site({"/sitemap.xml": urlset(*(f"http://{HOST}/{number}" for number in range(10_000)))})
    [sitemap] = looked_at(website, ca, ca_file).sitemaps
    assert (sitemap.count, sitemap.insecure_count, len(sitemap.insecure)) == (10_000, 10_000, 10)


def test_where_there_is_no_https_http_is_asked(ca_file: Path) -> None:
    website = site({"/robots.txt": b"Sitemap: /b.xml", "/b.xml": urlset("/c")})
    with serve_fault(website.handler) as http:
        seen = look(endpoint(http=http, sample=3), ca_file)
    assert counted(seen_index(seen).sitemaps) == [(f"http://{HOST}/b.xml", 1, None)]
    [_, page] = seen_links(seen).pages
    assert page.path == "/c"
    assert isinstance(page.http, PageCopy)
    assert missing(page.https).reason is Reason.REFUSED


def test_a_host_that_is_down_has_no_index(ca_file: Path) -> None:
    seen = look(endpoint(sample=3), ca_file)
    assert missing(seen.found[SiteIndex]).reason is Reason.REFUSED


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n"


async def slow_drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """No byte takes long, and there is no end of them."""
    await read_request(reader)
    writer.write(HEAD + b"<urlset>")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


FAULTY: Mapping[str, tuple[Handler, Reason]] = {
    "never answers": (FAULTS["never answers"], Reason.TIMED_OUT),
    "garbage": (FAULTS["garbage"], Reason.NOT_HTTP),
    "resets": (FAULTS["resets"], Reason.RESET),
    "endless headers": (FAULTS["endless headers"], Reason.TOO_LARGE),
    "redirect loop": (FAULTS["redirect loop"], Reason.REDIRECT_LOOP),
    "slow drip": (slow_drip, Reason.TIMED_OUT),
    "10 GB of white space": (flooding(HEAD + b"<urlset>", b" " * 10**6, 10_000), Reason.TOO_LARGE),
    "10 GB of locations": (flooding(HEAD, (b"https://a/" + b"x" * 89 + b"\n") * 10**4, 10**4), Reason.TOO_LARGE),
    "a bomb of another kind": (FAULTS["gzip bomb"], Reason.NOT_A_SITEMAP),
}


def only_at(path: str, fault: Handler, website: Website) -> Handler:
    """The website, but for one path, which is the fault's."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        again = asyncio.StreamReader()
        again.feed_data(head)
        await (fault if head.startswith(f"GET {path} ".encode()) else website.handler)(again, writer)

    return handle


@pytest.mark.parametrize("path", ["/robots.txt", "/faulty.xml"])
@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_costs_no_more_than_itself(name: str, path: str, ca: CertificateAuthority, ca_file: Path) -> None:
    fault, reason = FAULTY[name]
    lines = b"Sitemap: /good.xml\nSitemap: /faulty.xml\n"
    files = {"/robots.txt": lines, "/good.xml": urlset("/a"), "/sitemap.xml": urlset("/b"), "/a": b"", "/b": b""}
    limits = QUICK if reason is Reason.TIMED_OUT else PATIENT
    with serve_fault(only_at(path, fault, site(files)), server_context(ca.leaf())) as https:
        seen = look(endpoint(https, sample=3), ca_file, limits=limits)
    index = seen_index(seen)
    assert seen_https(seen).visits[0].hops[0].status == 200
    if path == "/faulty.xml":
        good, faulty = index.sitemaps
        assert good.missing is None
        assert missing(faulty.missing).reason is reason
        assert index.sampled == ("/a",)
    elif isinstance(index.robots, NotObserved):
        assert index.robots.reason is reason
        assert index.sampled == ("/b",)
    else:  # as far as its first 500 KiB say
        assert index.robots == ()
        assert index.sampled == ("/b",)
    assert [each.path for each in seen_links(seen).pages] == ["/", *index.sampled]
    assert all(isinstance(each.https, PageCopy) for each in seen_links(seen).pages)


def test_time_spent_on_sitemaps_is_not_that_of_the_pages(ca: CertificateAuthority, ca_file: Path) -> None:
    lines = "".join(f"Sitemap: /{number}.xml\n" for number in range(10)).encode()
    website = site({"/robots.txt": lines, "/0.xml": urlset("/a"), "/a": b""})

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        slow = head.startswith(tuple(f"GET /{number}.xml".encode() for number in range(1, 10)))
        again = asyncio.StreamReader()
        again.feed_data(head)
        await (slow_drip if slow else website.handler)(again, writer)

    with serve_fault(handle, server_context(ca.leaf())) as https:
        seen = look(endpoint(https, sample=1), ca_file, limits=Limits(endpoint_s=10, answer_s=2))
    index = seen_index(seen)
    assert [each.missing and each.missing.reason for each in index.sitemaps] == [None, *[Reason.TIMED_OUT] * 9]
    [_, page] = seen_links(seen).pages
    assert isinstance(page.https, PageCopy)
    assert page.https.status == 200
