"""Read a sitemap as it arrives: XML, a feed or plain text (sitemaps.org), compressed or not."""

import re
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.evidence.url import MAX_LENGTH

MAX_BYTES = 50 << 20
MAX_LOCATIONS = 50_000
"""Of one sitemap, after decompression (sitemaps.org, "Sitemaps XML format")."""

_PIECE = 1 << 16
_MAX_TOKEN = 1 << 20
_MOST_LAYERS = 2
_MAX_DEPTH = 32
_MAX_NAMES = 1000
_MAX_ELEMENTS = 40 * MAX_LOCATIONS
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_HTTP = re.compile(r"https?://", re.IGNORECASE)

# Where each kind of document has its locations; those of Atom are in an attribute.
_PATHS = {
    "urlset": ("urlset", "url", "loc"),
    "sitemapindex": ("sitemapindex", "sitemap", "loc"),
    "rss": ("rss", "channel", "item", "link"),
    "feed": ("feed", "entry", "link"),
}


class SitemapError(Exception):
    """The document cannot be read, or not to its end; `why` says why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.why = NotObserved(reason, detail)


class SitemapReader:
    """Takes the bytes of a document, and gives its locations as they are written, spaces around them left out.

    `recognised`: it is a sitemap, whatever follows. `index`: its locations are further sitemaps. `size` are the bytes
    read of it, decompressed.
    """

    def __init__(self) -> None:
        self.recognised = False
        self.index = False
        self.size = 0
        self._compressed = 0
        self._locations_left = MAX_LOCATIONS
        self._waiting = bytearray()
        self._layers: list[_Inflater | None] = []
        self._reader: _Xml | _Text | None = None

    def receive(self, data: bytes) -> Iterator[list[str]]:
        """The locations in the next bytes, in lists that take about a millisecond each. Raises SitemapError."""
        # In pieces: a parser that gets a long token byte by byte looks at all of it each time.
        self._waiting += data
        self._compressed += len(data)  # what inflates to nothing is bounded, too
        if self._compressed > MAX_BYTES:
            raise SitemapError(Reason.TOO_LARGE, "a sitemap")
        while len(self._waiting) >= _PIECE:
            piece = bytes(self._waiting[:_PIECE])
            del self._waiting[:_PIECE]
            yield from self._unpacked(piece, 0, last=False)

    def end(self) -> Iterator[list[str]]:
        """The locations that were still to come. Raises SitemapError."""
        yield from self._unpacked(bytes(self._waiting), 0, last=True)

    def _unpacked(self, data: bytes, layer: int, *, last: bool) -> Iterator[list[str]]:
        """A file that is compressed may be compressed once more to be sent."""
        if layer == len(self._layers):
            compressed = data.startswith(_GZIP) and layer < _MOST_LAYERS
            self._layers.append(_Inflater() if compressed else None)
        inflater = self._layers[layer]
        if inflater is None:
            yield self._locations(data, last=last)
            return
        for piece in inflater.inflate(data):
            yield from self._unpacked(piece, layer + 1, last=False)
        if last:
            if not inflater.ended:
                raise SitemapError(Reason.NOT_A_SITEMAP, "the compressed data end early")
            yield from self._unpacked(b"", layer + 1, last=True)

    def _locations(self, data: bytes, *, last: bool) -> list[str]:
        self.size += len(data)
        if self.size > MAX_BYTES:
            raise SitemapError(Reason.TOO_LARGE, "a sitemap")
        if self._reader is None:
            data = data.removeprefix(_BOM).lstrip()
            if not data and not last:
                return []
            self._reader = _Xml() if data.startswith((b"<", *_UTF_16)) else _Text()
        try:
            found = self._reader.read(data, last=last)
        finally:
            self.recognised, self.index = self._reader.recognised, self._reader.index
        self._locations_left -= len(found)
        if self._locations_left < 0:
            raise SitemapError(Reason.TOO_LARGE, f"more than {MAX_LOCATIONS:,} locations")
        return found


class _Inflater:
    """gzip, by what the bytes are and not by what they are called."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def ended(self) -> bool:
        return self._decoder.eof

    def inflate(self, data: bytes) -> Iterator[bytes]:
        try:
            while data and not self._decoder.eof:
                if piece := self._decoder.decompress(data, _PIECE):
                    yield piece
                data = self._decoder.unconsumed_tail
        except zlib.error:
            raise SitemapError(Reason.NOT_A_SITEMAP, "broken gzip") from None


class _Text:
    """A URL a line, in UTF-8."""

    index = False

    def __init__(self) -> None:
        self.recognised = False
        self._rest = b""

    def read(self, data: bytes, *, last: bool) -> list[str]:
        *lines, rest = (self._rest + data).split(b"\n")
        if last:
            lines.append(rest)
        self._rest = rest[: _MAX_TOKEN + 1]
        found = [text for line in lines if (text := line.decode("utf-8", "replace").strip())]
        if not self.recognised and (found or last or len(self._rest) > _MAX_TOKEN):
            if not (found and _HTTP.match(found[0])):
                raise SitemapError(Reason.NOT_A_SITEMAP, "neither XML nor a list of URLs")
            self.recognised = True
        if len(self._rest) > _MAX_TOKEN:
            raise SitemapError(Reason.TOO_LARGE, "a line of a sitemap")
        return found


class _Xml:
    """sitemaps.org's own two formats, RSS 2.0 and Atom. A location has the namespace prefix of the root, whatever that
    stands for.
    """

    def __init__(self) -> None:
        self.recognised = False
        self.index = False
        self._fed = self._elements = 0
        self._path: list[str] = []
        self._wanted: list[str] = []
        self._text: list[str] | None = None
        self._text_left = 0
        self._found: list[str] = []
        # It builds no tree, and its memory goes with it: lxml keeps each name of an element for the process's life.
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _no_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def read(self, data: bytes, *, last: bool) -> list[str]:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            what = "not XML" if not self.recognised else f"broken XML in line {error.lineno}"
            raise SitemapError(Reason.NOT_A_SITEMAP, what) from None
        except (ValueError, LookupError):  # an encoding that Python or expat does not know
            raise SitemapError(Reason.NOT_A_SITEMAP, "an unknown encoding") from None
        self._fed += len(data)
        if self._fed - self._parser.CurrentByteIndex > _MAX_TOKEN:
            raise SitemapError(Reason.TOO_LARGE, "a tag of a sitemap")
        if len(self._parser.intern) > _MAX_NAMES:
            raise SitemapError(Reason.NOT_A_SITEMAP, f"more than {_MAX_NAMES:,} names of elements and attributes")
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._root(name)
        if len(self._path) == _MAX_DEPTH:
            raise SitemapError(Reason.NOT_A_SITEMAP, f"elements nested more than {_MAX_DEPTH} deep")
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise SitemapError(Reason.TOO_LARGE, f"more than {_MAX_ELEMENTS:,} elements")
        self._path.append(name)
        if self._path != self._wanted:
            return
        if not name.endswith("link") or "href" not in attributes:
            self._text, self._text_left = [], MAX_LENGTH + 1
        elif attributes.get("rel", "alternate") == "alternate" and (href := attributes["href"].strip()):
            self._found.append(href)

    def _root(self, name: str) -> None:
        prefix, colon, local = name.rpartition(":")
        if local not in _PATHS:
            raise SitemapError(Reason.NOT_A_SITEMAP, f"XML of another kind: {local:.40}")
        self.recognised = True
        self.index = local == "sitemapindex"
        self._wanted = [f"{prefix}{colon}{step}" for step in _PATHS[local]]

    def _end(self, _name: str) -> None:
        if self._text is not None and len(self._path) == len(self._wanted):
            if location := "".join(self._text).strip():
                self._found.append(location)
            self._text = None
        self._path.pop()

    def _data(self, text: str) -> None:
        # What is longer than any URL stays so.
        if self._text is not None and self._text_left > 0:
            self._text.append(text[: self._text_left])
            self._text_left -= len(text)


def _no_document_type(*_: object) -> None:
    # It could declare entities, of which ten make a billion, or name files (W3C XML 1.0 section 4).
    raise SitemapError(Reason.NOT_A_SITEMAP, "it has a document type")
