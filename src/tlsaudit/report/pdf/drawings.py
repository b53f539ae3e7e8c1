"""The drawings of the page, made fit for WeasyPrint, which does not apply the page's style sheet inside of SVG.

What the style sheet says of a shape is written into it. A drawing that is hidden from screen readers, such as the icon
beside a word, becomes a background: then the PDF's tags leave it out, too.
"""

import base64
import contextlib
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import cssselect2
import tinycss2

_SVG = "{http://www.w3.org/2000/svg}"
_PAINT = frozenset(
    {
        "color", "display", "fill", "fill-opacity", "font-size", "font-weight", "opacity", "paint-order", "stroke",
        "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width",
    }
)  # fmt: skip
_BOX = frozenset({"width", "height", "vertical-align"})
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")


def prepare(root: ET.Element) -> None:
    """Change the drawings of a parsed page in place."""
    style = _Style("".join(element.text or "" for element in root.iter("style")))
    for wrapper in list(cssselect2.ElementWrapper.from_html_root(root).iter_subtree()):
        if wrapper.etree_element.tag == f"{_SVG}svg":
            box = style.of(wrapper)
            if box.get("display") == "none":
                continue
            for shape in wrapper.iter_subtree():
                _paint(shape.etree_element, style.of(shape))
            wrapper.etree_element.set("color", style.inherited(wrapper, "color"))
            if wrapper.etree_element.get("aria-hidden") == "true":
                _hide(wrapper.etree_element, box)
            else:
                _describe(wrapper.etree_element)


class _Style:
    """What a style sheet says in print of how shapes look."""

    def __init__(self, sheet: str) -> None:
        self._matcher = cssselect2.Matcher()
        self._variables: dict[str, str] = {}
        for rule in _printed(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)):
            said = {
                each.name: tinycss2.serialize(each.value).strip()
                for each in tinycss2.parse_blocks_contents(rule.content)
                if each.type == "declaration"
            }
            self._variables |= {name: value for name, value in said.items() if name.startswith("--")}
            if looks := {name: value for name, value in said.items() if name in _PAINT | _BOX}:
                with contextlib.suppress(cssselect2.SelectorError):  # of what only browsers have
                    for selector in cssselect2.compile_selector_list(rule.prelude):
                        self._matcher.add_selector(selector, looks)

    def of(self, wrapper: cssselect2.ElementWrapper) -> dict[str, str]:
        found: dict[str, str] = {}
        for *_, looks in self._matcher.match(wrapper):
            found |= looks
        return {name: _VARIABLE.sub(lambda name: self._variables[name[1]], value) for name, value in found.items()}

    def inherited(self, wrapper: cssselect2.ElementWrapper | None, name: str) -> str:
        """The value of the nearest element that has one."""
        while wrapper is not None:
            if value := self.of(wrapper).get(name):
                return value
            wrapper = wrapper.parent
        return "black"


def _printed(rules: Any) -> Iterator[Any]:
    for rule in rules:
        if rule.type == "qualified-rule":
            yield rule
        elif rule.type == "at-rule" and tinycss2.serialize(rule.prelude).strip() == "print":
            yield from _printed(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))


def _paint(shape: ET.Element, looks: dict[str, str]) -> None:
    if "paint-order" in looks:  # a border behind letters, which WeasyPrint would draw over them
        looks.pop("stroke", None)
    for name in _PAINT & looks.keys():
        shape.set(name, looks[name])


def _hide(drawing: ET.Element, box: dict[str, str]) -> None:
    after, drawing.tail = drawing.tail, None
    content = base64.b64encode(ET.tostring(drawing)).decode()
    sized = "".join(f"{name}:{value};" for name, value in box.items() if name in _BOX)
    drawing.clear()
    drawing.tag, drawing.tail = "i", after
    image = f"url(data:image/svg+xml;base64,{content})"
    drawing.set("style", f"display:inline-block;{sized}background:{image} center/contain no-repeat")


def _describe(drawing: ET.Element) -> None:
    """Let the title say all, since it alone becomes the alternative text."""
    title, words = drawing.find(f"{_SVG}title"), drawing.findtext(f"{_SVG}desc")
    if title is not None and words:
        title.text = f"{title.text}. {words}"
