"""The elements of a document that is served as application/xhtml+xml, which browsers read as XML."""

from collections.abc import Iterator
from xml.parsers import expat

from tlsaudit.probe.pages.document import MAX_TAGS, Element, Place

_CHUNK = 16 * 1024
_XHTML = "http://www.w3.org/1999/xhtml"
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink "


class _EnoughError(Exception):
    """Raised to stop expat."""


class XhtmlDocument:
    """Iterates over the elements; see HtmlDocument. What is not well-formed ends the document, as in browsers. So does
    an entity that it declares, since that could expand without end.
    """

    def __init__(self, text: str) -> None:
        self.head_ended = False
        self.cut_off = False
        self._text = text
        self._found: list[Element] = []
        self._path: list[str] = []
        self._texts: list[str] = []
        self._count = 0
        self._templates = 0

    def __iter__(self) -> Iterator[Element]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._texts.append
        parser.EntityDeclHandler = self._entity
        for begin in range(0, len(self._text), _CHUNK):
            try:
                parser.Parse(self._text[begin : begin + _CHUNK], False)
            except (expat.ExpatError, _EnoughError):
                self.head_ended = not self.cut_off
                yield from self._found
                return
            yield from self._found
            self._found.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_TAGS:
            self.cut_off = True
            raise _EnoughError
        namespace, _, local = name.rpartition(" ")
        self._path.append(local)
        self._texts.clear()
        if namespace == _XHTML:
            self._templates += local == "template"
            self.head_ended |= not self._in_head()
        self._found_one(namespace, local, {key.replace(_XLINK, "xlink:"): attributes[key] for key in attributes})

    def _end(self, name: str) -> None:
        namespace, _, local = name.rpartition(" ")
        if local == "style":
            self._found_one(namespace, local, {}, "".join(self._texts))
        if namespace == _XHTML:
            self._templates -= local == "template"
        self._path.pop()

    def _found_one(self, namespace: str, name: str, attributes: dict[str, str], content: str = "") -> None:
        if not self._templates and namespace in (_XHTML, _SVG):
            place = Place.SVG if namespace == _SVG else Place.HEAD if self._in_head() else Place.BODY
            self._found.append(Element(name, place, content, attributes))

    def _in_head(self) -> bool:
        return self._path[1:2] in ([], ["head"])

    def _entity(self, *_declared: object) -> None:
        raise _EnoughError
