"""What the sampled pages of a host say: which URL they call their own, and what they load without encryption."""

from dataclasses import dataclass
from datetime import datetime

from tlsaudit.evidence.base import NotObserved, Sample
from tlsaudit.evidence.http import Visit


@dataclass(frozen=True, slots=True)
class Alternate:
    """A `rel=alternate hreflang` link: a language and the URL of the page in it."""

    language: str
    url: str


@dataclass(frozen=True, slots=True)
class PageCopy:
    """One copy of a page, fetched without following redirects.

    `html_links` and `header_links` are the distinct `rel=canonical` targets (RFC 6596) of the document's
    head and of the Link field, made absolute against `<base>` and the URL. `og_url` is the content of its `og:url`,
    `alternates` its hreflang links, both absolute. `refresh` is where a Refresh field or a meta refresh leads,
    absolute; it is no redirect. `redirect` is where one leads, None where there is none or it leads nowhere.
    """

    url: str
    status: int
    html_links: tuple[str, ...]
    header_links: tuple[str, ...]
    og_url: str | None = None
    alternates: tuple[Alternate, ...] = ()
    refresh: str | None = None
    redirect: str | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The distinct canonical links, those of the document first."""
        return tuple(dict.fromkeys((*self.html_links, *self.header_links)))


@dataclass(frozen=True, slots=True)
class Page:
    """The http and the https copy of one page. `path` starts with `/`."""

    path: str
    http: PageCopy | NotObserved
    https: PageCopy | NotObserved


@dataclass(frozen=True, slots=True)
class CanonicalTarget:
    """What an https URL that pages name as canonical answers. `visit` is how it was reached, redirects and all; `names`
    are the canonical links of the page at its end.
    """

    url: str
    visit: Visit
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CanonicalLinks:
    """Which URL each sampled page of a host names as its own, and what these URLs answer: all that are sampled pages
    themselves, and the first of the others.
    """

    host: str
    observed_at: Sample[datetime]
    pages: tuple[Page, ...]
    targets: tuple[CanonicalTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What a page loads or sends to by plain http: the element and attribute, such as `script src`, and the URL."""

    element: str
    url: str


@dataclass(frozen=True, slots=True)
class PageContent:
    """The references by plain http in the https copy of a page, the first of each sort, and how many there are.

    `active` is what browsers block (scripts, styles, frames, ...), `passive` what they ask for by https instead
    (images, audio, video), `forms` send what the reader types (W3C Mixed Content). `upgraded`: the page tells browsers
    to ask for all of it by https (upgrade-insecure-requests). `complete` is False where the page was cut off.
    """

    active: tuple[Reference, ...]
    passive: tuple[Reference, ...]
    forms: tuple[Reference, ...]
    active_count: int
    passive_count: int
    form_count: int
    upgraded: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class MixedContent:
    """What the sampled pages of a host load by plain http, each page by its path, or why it was not seen. What is no
    page, such as a redirect, is left out.
    """

    host: str
    observed_at: Sample[datetime]
    pages: tuple[tuple[str, PageContent | NotObserved], ...]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """One sitemap or sitemap index, as far as it was read.

    `count` are its locations; `insecure` the first of those by plain http, of `insecure_count`; `elsewhere` the first
    of those on a host that is neither the audited one nor the sitemap's own, of `elsewhere_count`. `missing` says why
    it was not read to its end, None where it was.
    """

    url: str
    index: bool
    count: int
    insecure: tuple[str, ...]
    insecure_count: int
    elsewhere: tuple[str, ...]
    elsewhere_count: int
    missing: NotObserved | None


@dataclass(frozen=True, slots=True)
class SiteIndex:
    """What a host tells crawlers of its pages.

    `robots` are the targets of the `Sitemap:` lines of robots.txt, absolute where possible, none where there is no such
    file, or why it could not be read; `sitemaps` the sitemaps that were asked for, robots.txt's first. `left` is how
    many more are named: too many to read. `sampled` are the paths chosen from the locations.
    """

    host: str
    observed_at: Sample[datetime]
    robots: tuple[str, ...] | NotObserved
    sitemaps: tuple[Sitemap, ...]
    sampled: tuple[str, ...]
    left: int = 0
