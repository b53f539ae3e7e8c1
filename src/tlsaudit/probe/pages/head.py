"""What the head of a document says of its address: base, canonical links, alternates, og:url, refresh."""

from collections.abc import Mapping

from tlsaudit.evidence import Alternate
from tlsaudit.probe.pages.document import Element, Place
from tlsaudit.probe.pages.header import MAX_ALTERNATES, MAX_LINKS, refresh, upgrades
from tlsaudit.probe.pages.reference import absolute, base_url, cleaned, distinct
from tlsaudit.probe.pages.tags import words


class Head:
    """Is told of each element. References are resolved in the end: `<base>` counts for those before it, too.

    `upgraded`: browsers are told to ask for everything by https.
    """

    def __init__(self, url: str, codec: str) -> None:
        self.upgraded = False
        self._url = url
        self._codec = codec
        self._base: str | None = None
        self._og_url: str | None = None
        self._refresh: str | None = None
        self._canonicals: list[str] = []
        self._alternates: list[tuple[str, str]] = []

    def see(self, element: Element) -> None:
        if element.place is not Place.HEAD:
            return
        if element.name == "meta":
            self._see_meta(element.attributes)
        elif element.name == "link":
            self._see_link(element.attributes)
        elif element.name == "base" and self._base is None:
            self._base = element.attributes.get("href")

    def canonicals(self) -> tuple[str, ...]:
        return distinct(map(self._absolute, self._canonicals), MAX_LINKS)

    def alternates(self) -> tuple[Alternate, ...]:
        return distinct((Alternate(lang, self._absolute(href)) for lang, href in self._alternates), MAX_ALTERNATES)

    def og_url(self) -> str | None:
        return self._absolute(self._og_url) if self._og_url else None

    def refresh(self) -> str | None:
        return refresh(self._refresh, self._base_url()) if self._refresh else None

    def _see_link(self, said: Mapping[str, str]) -> None:
        href = cleaned(said.get("href", ""), self._codec)
        relations = words(said.get("rel", "").lower())
        if href and "canonical" in relations:
            self._canonicals.append(href)
        if href and "alternate" in relations and (language := said.get("hreflang", "").strip()):
            self._alternates.append((language[:40], href))

    def _see_meta(self, said: Mapping[str, str]) -> None:
        content = said.get("content", "")
        pragma = said.get("http-equiv", "").lower()
        if pragma == "refresh":
            self._refresh = self._refresh or content
        elif pragma == "content-security-policy":
            self.upgraded |= upgrades([content])
        elif "og:url" in words(said.get("property", "").lower()):
            self._og_url = self._og_url or cleaned(content, self._codec)

    def _absolute(self, reference: str) -> str:
        return absolute(self._base_url(), reference)

    def _base_url(self) -> str:
        return base_url(self._url, self._base)
