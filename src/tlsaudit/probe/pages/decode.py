"""The characters of a document: which encoding its bytes are in (WHATWG HTML section 13.2.3.2, WHATWG Encoding)."""

import codecs
import re
from email.message import Message
from typing import NamedTuple

from tlsaudit.probe.pages.tags import SPACE, Tags, attributes

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_XML = "<?xml"

_META_WINDOW = 4096  # the standard says 1024, browsers go on
_CHARSET = re.compile(rf"charset[{SPACE}]*+=[{SPACE}]*+(?:\"([^\"]*)\"|'([^']*)'|([^{SPACE};\"']++))", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s{0,20}=\s{0,20}["']([A-Za-z0-9:._-]{1,40})["']""")

# What browsers decode, by Python's names. No other codec may be named by a server: some take quadratic time.
_CODECS = frozenset(
    ["utf-8", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman", "gbk", "gb18030", "big5hkscs"]
    + ["euc_jp", "iso2022_jp", "cp866", "cp874", "cp932", "cp949"]
    + [f"iso8859-{part}" for part in (*range(2, 9), 10, *range(13, 17))]
    + [f"cp{number}" for number in range(1250, 1259)]
)

# Labels that stand for more than they say, by what Python takes them for, and labels that it does not know.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gbk",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
}
_UNKNOWN_TO_PYTHON = {
    "unicode": "utf-16-le",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gbk",
    "gb_2312-80": "gbk",
    "x-x-big5": "big5hkscs",
    "windows-949": "cp949",
    "ks_c_5601-1989": "cp949",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "iso-8859-8-i": "iso8859-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}


class Decoded(NamedTuple):
    """The text, and what its bytes were in, by Python's name."""

    text: str
    codec: str


def decode(body: bytes, content_type: str, *, xml: bool = False) -> Decoded:
    """A byte order mark tells, else the Content-Type, else the document itself, else it is UTF-8. Never raises."""
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return Decoded(body[len(bom) :].decode(codec, "replace"), codec)
    declared = _codec(mime(content_type).get_param("charset", "")) or _declared(body, xml) or "utf-8"
    return Decoded(body.decode(declared, "replace"), declared)


def mime(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]", " ", content_type[:200])
    return message


def _declared(body: bytes, xml: bool) -> str | None:
    for codec in ("utf-16-le", "utf-16-be"):
        if body.startswith(_XML.encode(codec)):
            return codec
    found = _XML_DECLARATION.match(body)
    label = found[1].decode("ascii") if found else None
    declared = _codec(label) or (None if xml else _of_meta(body[:_META_WINDOW].decode("latin-1")))
    # A declaration that can be read as ASCII is wrong about UTF-16.
    return "utf-8" if declared and declared.startswith("utf-16") else declared


def _of_meta(document: str) -> str | None:
    for tag in Tags(document) if "<meta" in document.lower() else ():
        if tag.name == "meta" and not tag.is_end:
            said = attributes(tag.raw_attributes)
            label = said.get("charset")
            if label is None and said.get("http-equiv", "").lower() == "content-type":
                charset = _CHARSET.search(said.get("content", ""))
                label = next(filter(None, charset.groups()), None) if charset else None
            if codec := _codec(label):
                return codec
    return None


def _codec(label: object) -> str | None:
    if not isinstance(label, str):
        return None
    label = label.strip().lower()
    try:
        name = _UNKNOWN_TO_PYTHON.get(label) or codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    name = _MEANT.get(name, name)
    return name if name in _CODECS else None
