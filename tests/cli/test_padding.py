"""`tlsaudit measure padding` as its users run it."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.command import Done, at, tlsaudit
from tests.pages import generated
from tests.servers import Server, nginx
from tests.servers.ca import CertificateAuthority
from tlsaudit.store import Store

PAGES = generated(60)
COMPRESSED = "gzip on; gzip_min_length 0;"


def padding(*arguments: object, **others: Any) -> Done:
    return tlsaudit("measure", "padding", *arguments, **others)


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    locations = "".join(f"<url><loc>https://www.example.org{path}</loc></url>" for path in PAGES)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'
    with nginx(ca=ca, pages={**PAGES, "/sitemap.xml": sitemap}, https_config=COMPRESSED) as running:
        yield running


def reaching(server: Server, ca_file: Path) -> tuple[object, ...]:
    return (*at(server), "--ca-file", ca_file)


def schemes(done: Done, series: str) -> dict[str, Any]:
    [found] = [each for each in done.document["series"] if each["id"] == series]
    return {scheme["id"]: scheme for scheme in found["schemes"]}


def test_a_sample_of_the_sitemap(server: Server, ca_file: Path, tmp_path: Path) -> None:
    table = tmp_path / "out.md"
    before = server.connection_count()
    done = padding(
        "https://www.example.org/page/0", "--sitemap", *reaching(server, ca_file), "--format", "json", "-o", table
    )
    assert (done.code, done.err) == (0, "")
    assert server.connection_count() - before <= 4  # of robots.txt and sitemap, and one for all pages
    assert done.document["pages"] == len(PAGES)
    plain, compressed = schemes(done, "plain"), schemes(done, "compressed")
    assert compressed["none"]["bytes"] < plain["none"]["bytes"]
    assert plain["none"]["recognisable"] == pytest.approx(0.8)  # of each ten pages two are the same
    assert plain["none"]["guessed"] == pytest.approx(0.9)
    assert plain["power-of-two"]["recognisable"] < plain["padme"]["recognisable"] < plain["none"]["recognisable"]
    assert 0 < plain["padme"]["overhead_share"] <= 0.12
    assert "| Padmé |" in table.read_text("utf-8")


def test_sizes_are_those_on_the_wire(server: Server, ca_file: Path) -> None:
    done = padding("https://www.example.org/page/3", "--repeat", 2, *reaching(server, ca_file), "--format", "json")
    [page] = done.document["sizes"]
    body = len(PAGES["/page/3"].encode())
    assert [load["body"] for load in page["plain"]] == [body, body]
    for load in page["plain"]:
        assert load["size"] == sum(load["received"]) > body
        assert max(load["received"]) <= 5 + 16 + 1 + (1 << 14)  # RFC 8446 section 5.2
        assert load["padding"] == 0
        assert len(load["sent"]) == 1
    assert done.document["stable"] == 1


def test_what_a_reader_sees(server: Server, ca_file: Path) -> None:
    urls = [f"https://www.example.org/page/{number}" for number in (0, 8, 9, 1)]
    done = padding(*urls, "https://www.example.org/nothing", *reaching(server, ca_file), COLUMNS="100")
    assert done.code == 0
    text = " ".join(done.out.split())
    assert "What page sizes give away · 4 pages of 1 host, 1 load each" in text
    assert "as it is 50% 75% 0.5 bits 2 -" in text
    assert "https://www.example.org/nothing: not probed: status 404" in text
    assert "one that is alone there stays recognisable" in text
    narrow = padding(*urls, *reaching(server, ca_file), COLUMNS="40")
    assert max(map(len, narrow.out.splitlines())) <= 40


def test_the_figures_become_a_metric(server: Server, ca_file: Path, tmp_path: Path) -> None:
    urls = [f"https://www.example.org/page/{number}" for number in (0, 8, 9)]
    history = tmp_path / "history.db"
    done = padding(*urls, "https://www.example.org/no", *reaching(server, ca_file), "--record", "--db", history)
    facts = "page-size-exposure/recognisable, page-size-exposure/entropy, page-size-exposure/recognisable-padme"
    assert (done.code, done.err.splitlines()[-1]) == (0, f"tlsaudit: recorded {facts} of 4 pages")
    with Store.open(f"sqlite:///{history}") as store:
        [kept] = store.measurements("page-size-exposure", "recognisable", date.max)
    assert (kept.value, kept.denominator, kept.unknown) == pytest.approx((1 / 3, 4, 1))
    assert kept.source == "pages of www.example.org:443"


@pytest.mark.parametrize(
    ("config", "pads"), [("ssl_conf_command RecordPadding 4096;", True), ("ssl_protocols TLSv1.2;", False)]
)
def test_padding_that_a_server_does(config: str, pads: bool, ca: CertificateAuthority, ca_file: Path) -> None:
    pages = {path: PAGES[path] for path in list(PAGES)[:20]}
    with nginx(ca=ca, pages=pages, https_config=config) as server:
        urls = [f"https://www.example.org{path}" for path in pages]
        done = padding(*urls, *reaching(server, ca_file), "--format", "json")
    found = schemes(done, "plain")["none"]
    assert done.document["pages"] == len(pages)
    if pads:
        assert all(load["padding"] for page in done.document["sizes"] for load in page["plain"])
        assert found["recognisable"] <= 0.3
    else:
        assert not any(load["padding"] for page in done.document["sizes"] for load in page["plain"])
        assert found["recognisable"] == pytest.approx(0.8)


def har(*pages: list[tuple[str, dict[str, int]]]) -> str:
    entries = [
        {"pageref": f"page_{number}", "request": {"url": url}, "response": sizes}
        for number, entries in enumerate(pages)
        for url, sizes in entries
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_page_loads_that_a_browser_saved(tmp_path: Path) -> None:
    file = tmp_path / "saved.har"
    site = "https://www.example.org"
    plot = tmp_path / "plot.svg"
    file.write_text(
        har(
            [(f"{site}/", {"_transferSize": 1000}), (f"{site}/a.png", {"_transferSize": 500})],
            [(f"{site}/b", {"headersSize": 200, "bodySize": 1300}), ("https://cdn.example/x", {"bodySize": 9})],
            [(f"{site}/c", {"_transferSize": 1501})],
            [(f"{site}/d", {"_transferSize": 0})],
        )
    )
    done = padding("--har", file, "--format", "json", "-o", plot)
    assert done.code == 0
    drawn = {text.text for text in ElementTree.parse(plot).iter("{http://www.w3.org/2000/svg}text")}
    assert {"As saved", "as it is", "Padmé", "33.4%"} <= drawn
    assert [load["size"] for page in done.document["sizes"] for load in page["compressed"]] == [1500, 1500, 1501]
    assert schemes(done, "har")["none"]["recognisable"] == pytest.approx(1 / 3)
    [missing] = done.document["missing"]
    assert "the page came from the browser's cache" in missing["why"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON"),
        ("[]", "it is no HAR: log.entries is missing"),
        (har([("http://www.example.org/", {"_transferSize": 1})]), "it has no page that came by https"),
    ],
)
def test_no_har(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "x.har"
    file.write_text(text)
    done = padding("--har", file)
    assert (done.code, done.out) == (2, "")
    assert f"{file}: {why}" in done.err


def test_mistakes(tmp_path: Path) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text("# ours\nhttps://www.example.org/\nhttp://www.example.org/\n")
    assert (padding().code, padding("-f", urls).code) == (2, 2)
    assert f"{urls}:3:1: " in padding("-f", urls).err


def test_nothing_answers(server: Server, ca_file: Path, tmp_path: Path) -> None:
    strange = padding("https://www.example.org/page/0", *at(server), "--format", "json")
    assert strange.code == 3
    assert "--ca-file names whom to trust" in strange.document["missing"][0]["why"]
    record = padding("https://www.example.org/no", *reaching(server, ca_file), "--record", "--db", tmp_path / "x.db")
    assert record.code == 3
    assert "nothing is recorded" in record.err
    assert not (tmp_path / "x.db").exists()
