"""Which URL a page calls its own: `rel=canonical` in a document's head and in the Link field (RFC 6596, RFC 8288)."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message

from tlsaudit.evidence import UrlError, absolute_url

_CHUNK = 4 * 1024
_MAX_LINKS = 20
_META_WINDOW = 4096

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,500}?charset\s{0,20}=\s{0,20}["']?\s{0,20}([A-Za-z0-9:._-]{1,40})""", re.IGNORECASE
)

# What browsers decode (WHATWG Encoding), by Python's names. No other codec may be named by a server: some take
# quadratic time.
_CODECS = frozenset(
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "koi8-r", "koi8-u", "mac-roman", "gbk", "gb2312", "gb18030"]
    + ["big5", "euc_jp", "iso2022_jp", "shift_jis", "euc_kr", "cp866", "cp874", "cp932", "cp949", "tis-620"]
    + [f"iso8859-{part}" for part in (*range(1, 9), 10, 11, *range(13, 17))]
    + [f"cp{number}" for number in range(1250, 1259)]
)

_SPACE = r"[ \t]*+"
_TARGET = re.compile(rf"{_SPACE}<([^>]*+)>")
_PARAMETER = re.compile(
    rf"{_SPACE};{_SPACE}([!#$%&'*+.^_`|~0-9A-Za-z-]++){_SPACE}"
    rf'(?:={_SPACE}(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]*+)))?+',
    re.DOTALL,
)
_NEXT_LINK = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)*+,?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class HeadLinks:
    """The canonical links of a document's head. `complete`: the head was seen to its end."""

    links: tuple[str, ...]
    complete: bool


def html_canonicals(body: bytes, url: str, content_type: str = "") -> HeadLinks:
    """The distinct canonical links of an HTML document fetched from `url`, in order. Never raises.

    They are made absolute against `<base>`; one that cannot be stays as it was written. At most 20.
    """
    head = _parse_head(_decode(body, content_type))
    base = url
    if head.base is not None:
        try:
            base = absolute_url(url, head.base)
        except UrlError:
            base = url
    return HeadLinks(_absolute(base, head.canonicals), head.body_began)


def header_canonicals(values: Iterable[str], url: str) -> tuple[str, ...]:
    """The distinct canonical links among the values of Link fields sent with `url`, in order. Never raises."""
    return _absolute(url, (target for value in values for target in _header_targets(value, url)))


def is_html(content_type: str) -> bool:
    """Whether a Content-Type stands for HTML; a missing one may."""
    return not content_type or _mime(content_type).get_content_type() in ("text/html", "application/xhtml+xml")


def _absolute(base: str, references: Iterable[str]) -> tuple[str, ...]:
    links: dict[str, None] = {}
    for reference in references:
        try:
            links[absolute_url(base, reference)] = None
        except UrlError:
            links[reference[:200]] = None
        if len(links) == _MAX_LINKS:
            break
    return tuple(links)


class _Head:
    """Told by the HTML parser of each element, it remembers what the head says."""

    def __init__(self) -> None:
        self.base: str | None = None
        self.canonicals: dict[str, None] = {}
        self.body_began = False
        self._templates = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("body", "frameset"):
            self.body_began = True
        elif tag == "template":
            self._templates += 1
        if self.body_began or self._templates:
            return
        href = attributes.get("href", "").strip()
        if tag == "base" and self.base is None and "href" in attributes:
            self.base = href
        elif tag == "link" and href and "canonical" in attributes.get("rel", "").lower().split():
            self.canonicals[href] = None

    def end(self, tag: str) -> None:
        if tag == "template":
            self._templates -= 1

    def close(self) -> None:
        """lxml asks every parser target for its result."""


def _parse_head(text: str) -> _Head:
    from lxml import etree

    head = _Head()
    # No tree is built, and nothing behind the head is read: a tree of 1 MiB of tags would cost a second.
    parser = etree.HTMLParser(target=head, encoding="utf-8")
    data = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    try:
        for position in range(0, len(data), _CHUNK):
            parser.feed(data[position : position + _CHUNK])
            if head.body_began:
                return head
        parser.close()
    except etree.LxmlError:
        pass  # so broken that even a lenient parser gives up: what was seen until then counts
    return head


def _decode(body: bytes, content_type: str) -> str:
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, "replace")
    declared = _codec(_mime(content_type).get_param("charset", ""))
    if declared is None and (matched := _META_CHARSET.search(body, 0, _META_WINDOW)):
        declared = _codec(matched[1].decode("ascii"))
        if declared and declared.startswith("utf-16"):
            declared = "utf-8"  # a declaration that can be read as ASCII is wrong about UTF-16 (WHATWG HTML)
    return body.decode(declared or "utf-8", "replace")


def _codec(label: object) -> str | None:
    if not isinstance(label, str):
        return None
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    return name if name in _CODECS else None


def _mime(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]", " ", content_type[:200])
    return message


def _header_targets(value: str, url: str) -> Iterator[str]:
    position = 0
    while position < len(value):
        if target := _TARGET.match(value, position):
            position = target.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(value, position):
                position = parameter.end()
                quoted = re.sub(r"\\(.)", r"\1", parameter[2], flags=re.DOTALL) if parameter[2] is not None else None
                # The first rel counts (RFC 8288 section 3.3).
                parameters.setdefault(parameter[1].lower(), parameter[3] or "" if quoted is None else quoted)
            if "canonical" in parameters.get("rel", "").lower().split() and _is_about(url, parameters.get("anchor")):
                yield target[1].strip()
        following = _NEXT_LINK.match(value, position)
        position = following.end() if following and following.end() > position else len(value)


def _is_about(url: str, anchor: str | None) -> bool:
    if anchor is None:
        return True
    try:
        return absolute_url(url, anchor) == url
    except UrlError:
        return False
