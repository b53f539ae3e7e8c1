"""What a page loads by plain http, by the table of W3C Mixed Content and what browsers fetch."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import PageContent, Reference
from tlsaudit.probe.pages import read_document

URL = "https://www.example.org/wiki/Encryption"
HTTP = "http://static.example.org/x"


def contents(body: str, content_type: str = "text/html; charset=utf-8") -> PageContent:
    reading = read_document(body.encode(), URL, content_type, whole=True)
    assert reading.contents
    return reading.contents.content(upgraded=reading.upgraded, complete=not reading.cut_off)


def counts(page: PageContent) -> tuple[int, int, int]:
    return page.active_count, page.passive_count, page.form_count


ACTIVE, PASSIVE, FORM, NOTHING = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<script src=@></script>", ACTIVE),
        ("<SCRIPT SRC='@'></SCRIPT>", ACTIVE),
        ("<script type=module src=@></script>", ACTIVE),
        ("<script type='Text/JavaScript' src=@></script>", ACTIVE),
        ("<script nomodule src=@></script>", NOTHING),
        ("<script type=text/template src=@></script>", NOTHING),
        ("<script type=application/json>'@'</script>", NOTHING),
        ("<link rel=stylesheet href=@>", ACTIVE),
        ("<link rel='alternate StyleSheet' href=@>", ACTIVE),
        ("<link rel=stylesheet type=text/less href=@>", NOTHING),
        ("<link rel=stylesheet type=' text/css; charset=utf-8' href=@>", ACTIVE),
        ("<link rel='x\u00a0stylesheet' href=@>", NOTHING),
        ("<script type='' language=vbscript src=@></script>", ACTIVE),
        ("<script type=' ' src=@></script>", NOTHING),
        ("<script language=vbscript src=@></script>", NOTHING),
        ("<iframe srcdoc='' src=@></iframe>", NOTHING),
        ("<p><template shadowrootmode=open><script src=@></script></template>", ACTIVE),
        ("<p><template shadowrootmode=closed><template><img src=@></template></template>", NOTHING),
        ("<p><template><template shadowrootmode=open><img src=@></template></template>", NOTHING),
        ("<p><template shadowrootmode=x><script src=@></script></template>", NOTHING),
        ("<link rel=preload as=script href=@>", ACTIVE),
        ("<link rel=preload as=image href=@>", PASSIVE),
        ("<link rel=preload href=@>", NOTHING),
        ("<link rel=modulepreload href=@>", ACTIVE),
        ("<link rel=manifest href=@>", ACTIVE),
        ("<link rel='shortcut icon' href=@>", PASSIVE),
        ("<link rel=canonical href=@>", NOTHING),
        ("<link rel='dns-prefetch preconnect' href=@>", NOTHING),
        ("<iframe src=@></iframe>", ACTIVE),
        ('<iframe srcdoc="<script src=@></script>"></iframe>', ACTIVE),
        ("<iframe srcdoc='&lt;base href=http://a.example/&gt;&lt;img src=x&gt;'></iframe><img src=x>", PASSIVE),
        ("<iframe srcdoc='<iframe srcdoc=\"<script src=@></script>\">'></iframe>", ACTIVE),
        ("<object data=@></object>", ACTIVE),
        ("<embed src=@>", ACTIVE),
        ("<video><track src=@></video>", ACTIVE),
        ("<a ping='@ https://a.example/ @' href=@>x</a>", (2, 0, 0)),
        ("<a href=@>x</a><area href=@>", NOTHING),
        ("<img src=@>", PASSIVE),
        ("<image src=@>", PASSIVE),
        ("<img src=x srcset='@ 1x, /y 2x,@ 3x'>", (2, 0, 0)),
        ("<picture><source srcset='@,'><img src=x></picture>", ACTIVE),
        ("<video src=@ poster=@></video>", (0, 2, 0)),
        ("<audio><source src=@></audio>", PASSIVE),
        ("<input type=image src=@>", PASSIVE),
        ("<input src=@>", NOTHING),
        ("<table background=@><td background=@>", (0, 2, 0)),
        ("<form action=@>", FORM),
        ("<form action=@><form action=@></form><form action=@>", (0, 0, 2)),
        ("<form method=dialog action=@>", NOTHING),
        ("<form action=''>", NOTHING),
        ("<button formaction=@>", FORM),
        ("<button type=button formaction=@>", NOTHING),
        ("<input type=submit formaction=@>", FORM),
        ("<input type=text formaction=@>", NOTHING),
        ("<svg><image href=@ /><image xlink:href=@ /><use href=@ /><script href=@ /></svg>", (2, 2, 0)),
        ("<svg><a href=@></a></svg>", NOTHING),
        # Style sheets within the page.
        ("<p style='background: url(@)'>", PASSIVE),
        ("<p style='background: URL( &quot;@&quot; )'>", PASSIVE),
        ("<style>@import '@';</style>", ACTIVE),
        ("<style>@import/**/'@';</style>", ACTIVE),
        ("<style>@import /* c */ url(@);</style>", ACTIVE),
        ("<style>/* @import '@'; */ a { content: '/*' } @import/* '*/'@';</style>", ACTIVE),
        ("<style>@\\69mport '@';</style>", ACTIVE),
        ("<style>a { background: \\75 rl('@') }</style>", PASSIVE),
        ("<style>a { content: '\\22 @import @' }</style>", NOTHING),
        ("<svg><style>@import '@';</style></svg>", ACTIVE),
        ("<svg><style><![CDATA[@import '@';]]></style></svg>", ACTIVE),
        ("<svg><style><!-- c -->@import '@';</style></svg>", ACTIVE),
        ("<svg><style>a { fill: url(#a) }</style><image href=@ /></svg>", PASSIVE),
        ("<style>@import url(@);</style>", ACTIVE),
        ("<style>a { background: url(@) } b { mask: url('@') }</style>", (0, 2, 0)),
        ("<style>@font-face { src: url(@), url('@') } a { background: url(@) }</style>", (2, 1, 0)),
        ("<style>@namespace url(@); /* url(@) */ a::before { content: 'url(@)' }</style>", NOTHING),
        # What is not there for a browser that runs scripts, or is not loaded.
        ("<!-- <script src=@></script> -->", NOTHING),
        ("<noscript><img src=@></noscript>", NOTHING),
        ("<template><img src=@></template>", NOTHING),
        ("<textarea><img src=@></textarea>", NOTHING),
        ("<p onclick='load(\"@\")' data-src=@>", NOTHING),
        ("<frame src=@>", NOTHING),
    ],
)
def test_what_counts(markup: str, expected: tuple[int, int, int]) -> None:
    body = markup.replace("@", HTTP).replace(f"{HTTP}import", "@import").replace(f"{HTTP}font", "@font")
    body = body.replace(f"{HTTP}namespace", "@namespace").replace(f"{HTTP}\\", "@\\")
    assert counts(contents(f"<!doctype html><title>x</title><body>{body}")) == expected


def test_frames_of_a_frameset() -> None:
    assert counts(contents(f"<head><title>x</title></head><frameset><frame src={HTTP}></frameset>")) == ACTIVE


@pytest.mark.parametrize(
    ("reference", "insecure"),
    [
        ("http://a.example/x", True),
        (" HTTP://A.example/x\n", True),
        ("http:\\\\a.example\\x", True),
        ("h\nttp://a.example/", True),
        ("http:x.js", True),
        ("http:/a.example/x", True),
        ("http:", False),
        ("//a.example/x", False),
        ("/x", False),
        ("https://a.example/", False),
        ("data:image/png;base64,AA", False),
        ("ftp://a.example/", False),
        ("http://[", False),
        # Trusted without encryption.
        ("http://localhost/x", False),
        ("http://a.localhost:8080/", False),
        ("http://127.1.2.3/", False),
        ("http://[::1]/", False),
    ],
)
def test_which_references_are_by_plain_http(reference: str, insecure: bool) -> None:
    page = contents(f"<body><img src='{reference}'>")
    assert counts(page) == (PASSIVE if insecure else NOTHING)


def test_an_image_from_an_address_is_blocked() -> None:
    assert counts(contents("<body><img src=http://192.0.2.1/x><img src='http://[2001:db8::1]/x'>")) == (2, 0, 0)


def test_a_base_counts_for_what_follows() -> None:
    base = "<base href=http://m.example.org/a/>"
    page = contents(f"<head><script src=x></script>{base}<script src=y></script><body><img src=/z><form action=''>")
    assert counts(page) == (1, 1, 0)
    assert page.active == (Reference("script src", "http://m.example.org/a/y"),)


def test_all_are_counted_and_the_first_kept() -> None:
    images = "".join(f"<img src=http://a.example/{number}>" for number in range(10_000))
    page = contents(f"<body>{images}<script src={HTTP}></script>")
    assert counts(page) == (1, 10_000, 0)
    assert page.passive == tuple(Reference("img src", f"http://a.example/{number}") for number in range(5))
    assert page.active == (Reference("script src", HTTP),)
    assert page.complete


def test_the_head_may_have_all_of_it_upgraded() -> None:
    policy = "<meta http-equiv=Content-Security-Policy content='img-src *; upgrade-insecure-requests'>"
    assert contents(f"<head>{policy}</head>").upgraded
    assert not contents(f"<body>{policy}").upgraded
    assert not contents(f"<head>{policy.replace('-Policy', '-Policy-Report-Only')}").upgraded


def test_what_is_upgraded_is_what_follows_the_policy() -> None:
    policy = "<meta http-equiv=Content-Security-Policy content=upgrade-insecure-requests>"
    page = contents(f"<head><script src={HTTP}></script>{policy}</head><body><img src={HTTP}>")
    assert (page.upgraded, counts(page)) == (False, ACTIVE)
    assert contents(f"<head>{policy}<script src={HTTP}></script>").upgraded
    # What only the shown page needs is asked for later.
    late = (
        f"<style>@font-face {{ src: url({HTTP}) }} a {{ background: url({HTTP}) }}</style><link rel=icon href={HTTP}>"
    )
    assert contents(f"<html style='background: url({HTTP})'><head>{late}{policy}</head>").upgraded
    assert not contents(f"<head><style>@import '{HTTP}';</style>{policy}</head>").upgraded


def test_xhtml() -> None:
    page = contents(
        f"""<html xmlns="http://www.w3.org/1999/xhtml" xmlns:l="http://www.w3.org/1999/xlink"><head><title/>
        <style>@import "{HTTP}";</style></head><body><p/><script src="{HTTP}"/>
        <svg xmlns="http://www.w3.org/2000/svg"><image l:href="{HTTP}"/></svg></body></html>""",
        "application/xhtml+xml",
    )
    assert counts(page) == (2, 1, 0)


_PIECES = "<a> <a/b='c'> < <!-- </ <svg><g> </g> <svg><title> <template> <title> &lt; <style> <p/style='url('> <form>"
_MORE = "<img/srcset='a,'> <style>@import</style> url( <script><!-- <base/href=x> [ </p> <p/x"


@pytest.mark.parametrize("piece", [*_PIECES.split(" "), *_MORE.split(" ")])
@pytest.mark.parametrize("content_type", ["text/html", "application/xhtml+xml"])
def test_hostile_pages_take_little_time(piece: str, content_type: str) -> None:
    """A reader that went back would take minutes for a mebibyte."""
    body = piece * ((1 << 20) // len(piece)) + "http:"
    started = time.process_time()
    contents(f"<style>{body}", content_type)
    contents(body, content_type)
    assert time.process_time() - started < 20


def test_what_has_too_many_tags_is_cut_off() -> None:
    assert not contents("<a>" * 200_000).complete
    assert not contents(f"<html>{'<a/>' * 200_000}</html>", "application/xhtml+xml").complete


_SPELLINGS = [
    "http:",
    "HtTp:",
    "h\ntt\rp\t:",
    "&#104;ttp:",
    "&#x68;ttp:",
    "http&colon;",
    "ht&Tab;tp:",
    "ht&NewLine;tp:",
    "https:",
    "",
]


@given(
    st.lists(
        st.sampled_from([*_PIECES.split(" "), *_MORE.split(" "), "'>", "<base href='@//a/'>", "<img src='@//b/'>"])
    ),
    st.data(),
)
def test_a_page_without_a_trace_of_http_is_read_less_far_and_says_the_same(
    pieces: list[str], data: st.DataObject
) -> None:
    body = "".join(piece.replace("@", data.draw(st.sampled_from(_SPELLINGS))) for piece in pieces)
    assert contents(body) == contents(f"<!-- http: -->{body}")
