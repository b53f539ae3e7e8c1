"""What a reader of each format sees in a report that may be hostile, by parsers that are not ours.

The shape is what must be the same whatever the texts say: elements and their attributes, keys, columns, commands.
"""

import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cmarkgfm
from bs4 import BeautifulSoup

_DRAWN = {"svg", "title", "desc", "defs", "clippath", "g", "path", "line", "rect", "circle", "text", "tspan"}
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}


@dataclass(frozen=True)
class Seen:
    """The structure of a report, and the texts in it."""

    shape: Any
    texts: list[str]


def terminal(report: str) -> Seen:
    """Colours are ours; the lines are as many as ever."""
    lines = re.sub(r"\x1b\[[\d;]*m", "", report).split("\n")
    return Seen(len(lines), lines)


def json_(report: str) -> Seen:
    return _of_json(json.loads(report))


def json_lines(report: str) -> Seen:
    return _of_json([json.loads(line) for line in report.splitlines()])  # at U+2028, too


def html(report: str) -> Seen:
    """A drawing has as many labels as find room; so only what does not belong into one counts."""
    soup = BeautifulSoup(report, "lxml")
    texts = list(soup.stripped_strings)
    odd = []
    for drawing in soup.find_all("svg"):
        odd += [tag.name for tag in drawing.find_all(True) if tag.name not in _DRAWN or "href" in tag.attrs]
        odd += [name for tag in drawing.find_all(True) for name in tag.attrs if name.startswith("on")]
        drawing.clear()
    tags = [(tag.name, sorted(tag.attrs)) for tag in soup.find_all(True)]
    links = Counter(str(link["href"]).partition(":")[0] for link in soup.find_all(href=True))
    return Seen((tags, links, odd), texts)


def markdown(report: str) -> Seen:
    """As GitHub renders it: mentions and references besides, which it finds in each text that is no code."""
    soup = BeautifulSoup(cmarkgfm.github_flavored_markdown_to_html(report), "lxml")
    tags = [(tag.name, sorted(tag.attrs)) for tag in soup.find_all(True)]
    texts = [text for text in soup.strings if text.parent and text.parent.name != "code"]
    found = [each for text in texts for each in re.findall(r"(?<![\w/])(?:@\w+|(?:GH-|#)\d+)", text)]
    return Seen((tags, found), [" ".join(soup.get_text().split())])


def comma_separated(report: str) -> Seen:
    """As a spreadsheet: what begins like a formula is one."""
    rows = list(csv.reader(io.StringIO(report, newline=""), strict=True))
    formulas = [cell for row in rows for cell in row if re.match(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell)]
    return Seen(([len(row) for row in rows], len(formulas)), [cell for row in rows for cell in row])


def junit(report: str) -> Seen:
    elements = list(ET.fromstring(report).iter())
    values = [value for each in elements for value in (each.text or "", *each.attrib.values())]
    return Seen([(each.tag, sorted(each.attrib)) for each in elements], values)


def github(report: str) -> Seen:
    texts = [re.sub("%(0A|0D|3A|2C|25)", lambda code: chr(int(code[1], 16)), line) for line in report.split("\n")]
    return Seen(len(texts), texts)


def prometheus(report: str) -> Seen:
    samples = [line for line in report.split("\n") if line and not line.startswith("#")]
    label = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
    assert [line for line in samples if not re.fullmatch(rf"[a-z_:]+(\{{(?:{label},?)*\}})? \S+", line)] == []
    names = [re.sub(r'"(?:[^"\\]|\\.)*"', "", line).rpartition(" ")[0] for line in samples]
    values = [re.sub(r"\\(.)", r"\1", value) for value in re.findall(r'"((?:[^"\\]|\\.)*)"', report)]
    return Seen(names, values)


READERS: dict[str, Callable[[str], Seen]] = {
    "terminal": terminal,
    "json": json_,
    "jsonl": json_lines,
    "html": html,
    "markdown": markdown,
    "csv": comma_separated,
    "sarif": json_,
    "junit": junit,
    "github": github,
    "prometheus": prometheus,
    "gitlab": json_,
    "oscal": json_,
}


def unprintable(report: Iterable[str]) -> set[str]:
    """Characters that do not print as themselves: they steer a terminal, or hide."""
    return {char for text in report for char in text if unicodedata.category(char) in _UNPRINTABLE}


def workflow_commands(report: str) -> list[str]:
    """The lines that runners of GitHub, Azure and TeamCity take for commands, in the log of whatever writes them."""
    return [line for line in report.splitlines() if re.search(r"^\s*::|##(?:vso|teamcity)?\[", line)]


def _of_json(value: Any) -> Seen:
    return Seen(_shape(value), list(_strings(value)))


def _shape(value: Any) -> Any:
    match value:
        case dict():
            return [_shape(item) for item in value.values()]
        case list():
            return [_shape(item) for item in value]
        case _:
            return type(value).__name__


def _strings(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, item in value.items():
                yield name
                yield from _strings(item)
        case list():
            for item in value:
                yield from _strings(item)
        case str():
            yield value
