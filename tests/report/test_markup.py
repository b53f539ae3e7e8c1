import re
import string

import cmarkgfm
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.report.markup import code, escape, prose
from tlsaudit.report.text import clean

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[click](https://evil.example)", "![x](https://e.example/x)",
    "https://evil.example/x", "www.evil.example", "someone@evil.example", "@octocat", "see #1", "`code` `` and ``` x",
    "| a | b |", "**bold** __bold__ ~~gone~~ _x_", "&lt;b&gt; &amp; &#64;octocat", "[^1] [ref] [x]: https://evil.example",
    "a\\", "\\`", "$x$ $$y$$", "<!-- hidden", "-->", "http://a:b@evil.example", "HTTPS://EVIL.EXAMPLE", "ftp://evil.example",
    "line one\n# heading\n\n::error::x", "",
]  # fmt: skip


def shown(markdown: str) -> BeautifulSoup:
    """As GitHub renders it before it looks for mentions; HTML is let through so that it would show."""
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    return BeautifulSoup(cmarkgfm.github_flavored_markdown_to_html(markdown, options), "html.parser")


def visible(page: BeautifulSoup) -> str:
    return re.sub(r"\s+", " ", page.get_text()).strip()


def once_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", clean(text)).strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_as_it_is(text: str) -> None:
    page = shown(f"- *x* {escape(text)} *y*")
    assert visible(page) == once_spaced(f"x {text} y")
    assert {tag.name for tag in page.find_all(True)} == {"ul", "li", "em"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_one_cell(text: str) -> None:
    page = shown(f"| a | b |\n|---|---|\n| {escape(text)} | x |")
    cells = page.find_all("td")
    assert len(cells) == 2
    assert cells[0].get_text() == once_spaced(text)
    assert {tag.name for tag in page.find_all(True)} <= {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("text", [*HOSTILE[:-1], "``` js", "~~~"])
def test_code_is_shown_as_it_is(text: str) -> None:
    page = shown(f"- {code(text)}")
    assert visible(page) == once_spaced(text)
    assert {tag.name for tag in page.find_all(True)} == {"ul", "li", "code"}


@pytest.mark.parametrize("text", ["@octocat", "#1", "see #12 and @team/all"])
def test_github_finds_nobody_to_call(text: str) -> None:
    """It looks for mentions and numbers of issues in each run of text between tags and comments."""
    runs = re.split(r"<!--.*?-->", escape(text))
    assert not any(re.search(r"[@#]\w", run) for run in runs)


def test_prose_keeps_its_structure_and_loses_what_leads_away() -> None:
    page = shown(prose("First `a<b` &c.\n\n- nginx: `x @y;`\n- [l](https://evil.example) <img src=x> @octocat"))
    assert {tag.name for tag in page.find_all(True)} == {"p", "code", "ul", "li"}
    assert [tag.get_text() for tag in page.find_all("code")] == ["a<b", "x @y;"]
    assert "<img src=x> @octocat" in visible(page)


@given(st.text(st.sampled_from(string.punctuation + "ab1 \n"), max_size=30))
def test_no_punctuation_makes_markup(text: str) -> None:
    page = shown(f"- *x* {escape(text)} *y*")
    assert {tag.name for tag in page.find_all(True)} == {"ul", "li", "em"}
    assert visible(page) == once_spaced(f"x {text} y")
