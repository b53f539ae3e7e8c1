"""Sitemaps of every kind, whole and in pieces, and those that mean harm."""

import gzip
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Reason
from tlsaudit.probe.sitemap import SitemapError, SitemapReader

A, B = "https://www.example.org/a", "https://www.example.org/b?c=d&e=f"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
PLAIN = (
    f"<urlset {NAMESPACE}><url><loc>{A}</loc><lastmod>2026-11-25</lastmod></url>"
    f"<url><loc>\n  {B.replace('&', '&amp;')}\n</loc></url></urlset>"
)
DECLARED = f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n{PLAIN}'


def read(data: bytes, size: int = 65536) -> tuple[SitemapReader, list[str]]:
    reader = SitemapReader()
    found: list[str] = []
    for start in range(0, len(data), size):
        for locations in reader.receive(data[start : start + size]):
            found += locations
    for locations in reader.end():
        found += locations
    return reader, found


def refusal(data: bytes, size: int = 65536) -> str:
    with pytest.raises(SitemapError) as caught:
        read(data, size)
    return str(caught.value.why)


@pytest.mark.parametrize(
    "data",
    [
        DECLARED.encode(),
        PLAIN.encode(),
        b"\xef\xbb\xbf" + DECLARED.encode(),
        b"\r\n  " + DECLARED.encode(),
        DECLARED.replace("UTF-8", "utf-16").encode("utf-16"),
        DECLARED.replace("UTF-8", "windows-1251").encode("cp1251"),
        DECLARED.replace("0.9", "0.84").encode(),
        PLAIN.replace(f" {NAMESPACE}", "").encode(),
        PLAIN.replace("<", "<s:").replace("<s:/", "</s:").replace("xmlns=", "xmlns:s=").encode(),
        PLAIN.replace(A, f"<![CDATA[{A}]]>").encode(),
        f"{A}\n{B}".encode(),
        f"\ufeff\n{A}\r\n\r\n  {B}\r\n".encode(),
        f"<rss version='2.0'><channel><link>https://x/</link><item><link>{A}</link><guid>1</guid></item>"
        f"<item><link>{B.replace('&', '&#38;')}</link></item></channel></rss>".encode(),
        f"<feed xmlns='http://www.w3.org/2005/Atom'><link href='https://x/'/><entry><link rel='alternate' href='{A}'/>"
        f"<link rel='self' href='https://y/'/></entry><entry><link href='{B.replace('&', '&amp;')}'/></entry>"
        "</feed>".encode(),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: gzip.compress(gzip.compress(data))])
@pytest.mark.parametrize("size", [65536, 1, 7])
def test_two_locations(data: bytes, pack: "type[bytes]", size: int) -> None:
    reader, found = read(pack(data), size)
    assert found == [A, B]
    assert (reader.recognised, reader.index, reader.size) == (True, False, len(data))


def test_an_index_names_sitemaps() -> None:
    text = f"<sitemapindex {NAMESPACE}><sitemap><loc>{A}</loc></sitemap><url><loc>https://b/</loc></url></sitemapindex>"
    reader, found = read(text.encode())
    assert found == [A]
    assert reader.index


def test_only_the_pages_own_addresses_are_locations() -> None:
    text = f"""<urlset {NAMESPACE} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>{A}</loc>
        <image:image><image:loc>http://x/1</image:loc></image:image><image:loc>http://x/2</image:loc>
        <image xmlns="urn:x"><loc>http://x/3</loc></image><link rel="alternate" href="http://x/4"/>
        </url><loc>http://x/5</loc><url><loc/><loc> </loc></url></urlset>"""
    assert read(text.encode())[1] == [A]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither XML nor a list of URLs"),
        (b" \n\n", "neither XML nor a list of URLs"),
        (b"User-agent: *\n", "neither XML nor a list of URLs"),
        (b"Not found\n" + A.encode(), "neither XML nor a list of URLs"),
        (b"\x89PNG\r\n\x1a\n\0", "neither XML nor a list of URLs"),
        (b"<html><head><title>Not found</title></html>", "XML of another kind: html"),
        (b"<!doctype html><html>", "not XML"),
        (b"<!DOCTYPE html><html>", "it has a document type"),
        (b"<urlset", "not XML"),
        (b"<?xml version='1.0' encoding='shift_jis'?><urlset/>", "an unknown encoding"),
        (b"<?xml version='1.0' encoding='hex'?><urlset/>", "an unknown encoding"),
        (b"<?xml version='1.0' encoding='nonsense'?><urlset/>", "an unknown encoding"),
        (b"<urlset>\n<url><loc>https://a/</url></urlset>", "broken XML in line 2"),
        (b"<urlset><url><loc>https://a/</loc></url>", "broken XML in line 1"),
        (b"<urlset><url><loc>https://a/?b=c&d=e</loc></url></urlset>", "broken XML in line 1"),
        (b"<urlset><url><loc>\xff\xfe</loc></url></urlset>", "broken XML in line 1"),
        (b"<urlset>" + b"<a>" * 40, "elements nested more than 32 deep"),
        (
            b"<urlset>" + b"".join(b"<n%d/>" % number for number in range(2000)) + b"</urlset>",
            "more than 1,000 names of elements and attributes",
        ),
        (gzip.compress(DECLARED.encode())[:-9], "the compressed data end early"),
        (b"\x1f\x8b\x08\0garbage that is no deflate stream", "broken gzip"),
        # What entities are for: to be many, or to be what lies elsewhere. None is ever declared.
        (
            b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><urlset><url><loc>&c;</loc></url></urlset>',
            "it has a document type",
        ),
        (b'<!DOCTYPE urlset SYSTEM "http://192.0.2.1/x.dtd"><urlset/>', "it has a document type"),
        (
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><urlset><url><loc>&b;</loc></url></urlset>',
            "it has a document type",
        ),
        (b"<urlset><url><loc>&b;</loc></url></urlset>", "broken XML in line 1"),
    ],
)
@pytest.mark.parametrize("size", [65536, 1])
def test_what_is_no_sitemap(data: bytes, said: str, size: int) -> None:
    assert refusal(data, size) == f"{Reason.NOT_A_SITEMAP}: {said}"


def _deflated(chunk: bytes, times: int) -> bytes:
    encoder = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    head = encoder.compress(b"<urlset>") + encoder.flush(zlib.Z_FULL_FLUSH)
    return head + (encoder.compress(chunk) + encoder.flush(zlib.Z_FULL_FLUSH)) * times


EMPTY_BLOCKS = b"\0\0\0\xff\xff" * (11 << 20)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<urlset>" + b"<url><loc>https://a/</loc></url>" * 50_001 + b"</urlset>", "more than 50,000 locations"),
        (b"https://a/\n" * 50_001, "more than 50,000 locations"),
        (b"<urlset>" + b"<a/>" * 2_000_001 + b"</urlset>", "more than 2,000,000 elements"),
    ],
    ids=["locations", "lines", "elements"],
)
def test_what_holds_too_much_is_cut_off(data: bytes, said: str) -> None:
    assert refusal(data) == f"{Reason.TOO_LARGE}: {said}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<urlset>" + b" " * (51 << 20), "a sitemap"),
        (_deflated(b" " * 10**6, 10_000), "a sitemap"),  # a bomb of 10 GB
        (_deflated(b"", 0) + EMPTY_BLOCKS, "a sitemap"),
        (b"<urlset><a b='" + b"x" * (2 << 20), "a tag of a sitemap"),
        (b"https://a/\n" + b"x" * (2 << 20), "a line of a sitemap"),
    ],
    ids=["large", "bomb", "empty blocks", "tag", "line"],
)
def test_what_is_too_large_is_cut_off_before_it_takes_memory(data: bytes, said: str) -> None:
    tracemalloc.start()
    try:
        assert refusal(data) == f"{Reason.TOO_LARGE}: {said}"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_a_long_tag_in_small_pieces_is_not_read_anew_for_each() -> None:
    started = time.process_time()
    assert refusal(b"<urlset><a b='" + b"x" * (2 << 20), size=16) == f"{Reason.TOO_LARGE}: a tag of a sitemap"
    assert time.process_time() - started < 30


def test_a_location_that_is_longer_than_any_url_stays_so() -> None:
    _, [found] = read(b"<urlset><url><loc>https://a/" + b"x" * 10**6 + b"</loc></url></urlset>")
    assert len(found) == 8001


@given(st.lists(st.binary(max_size=40), max_size=5), st.sampled_from([b"", b"<urlset>", b"\x1f\x8b", b"https://a/\n"]))
def test_any_bytes_are_locations_or_an_error(pieces: list[bytes], start: bytes) -> None:
    reader = SitemapReader()
    try:
        for piece in (start, *pieces):
            list(reader.receive(piece))
        list(reader.end())
    except SitemapError:
        pass
