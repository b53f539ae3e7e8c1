"""How much is sent for each of some pages: fetched politely, one request at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tlsaudit.app.progress import progress
from tlsaudit.app.targets import Pin, by_socket
from tlsaudit.errors import UserError
from tlsaudit.evidence import PageSizes, absolute_url
from tlsaudit.probe.har import MAX_BYTES, HarError, read_har
from tlsaudit.probe.http import user_agent
from tlsaudit.probe.http.client import Client
from tlsaudit.probe.http.index import site_index
from tlsaudit.probe.http.network import PinnedBackend, TlsContexts
from tlsaudit.probe.page_loads import LIMITS, PageLoads
from tlsaudit.probe.resolve import resolve
from tlsaudit.target import Endpoint, SocketAddress, TargetError, parse_target, with_pins

MOST_PAGES = 2000
_SITEMAP_S = 120.0
_MOST_LIST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class MeasurePadding:
    """Pages by their URLs, each loaded `repeat` times. With `sitemap`, `sample` pages of each host's sitemap are added;
    the certificates are held against the roots in `ca_files`.
    """

    urls: Sequence[str]
    pins: Iterable[Pin] = ()
    ca_files: Sequence[Path] = ()
    sample: int = 0
    repeat: int = 1
    contact: str | None = None
    quiet: bool = False

    def run(self) -> list[PageSizes]:
        """Raises UserError."""
        return asyncio.run(self._run())

    async def _run(self) -> list[PageSizes]:
        tls = TlsContexts(self.ca_files)
        agent = user_agent(self.contact)
        pages = self._pages()
        if self.sample:
            for endpoint, paths in pages.items():
                sampled = await _sampled(replace(endpoint, sample=self.sample), tls, agent)
                paths += [path for path in sampled if path not in paths]
        total = sum(map(len, pages.values()))
        if total > MOST_PAGES:
            raise UserError(f"{total:,} pages: at most {MOST_PAGES:,} are loaded; name fewer, or a smaller --sample")
        found: list[PageSizes] = []
        with progress(total * self.repeat, quiet=self.quiet) as advance:
            for endpoint, paths in pages.items():
                address = (await _addresses(endpoint))[0]
                loads = PageLoads(endpoint, address, tls.own.verifying, agent)
                found += await loads.run(paths, self.repeat, advance)
        return found

    def _pages(self) -> dict[Endpoint, list[str]]:
        """The paths of each host, in the order in which they were named."""
        found: dict[str, tuple[Endpoint, list[str]]] = {}
        sockets = by_socket(self.pins)
        for text in self.urls:
            endpoint = parse_target(text)
            if not endpoint.speaks_http:
                raise TargetError(f"{text!r:.80} is no page: write https://host/path")
            page = endpoint.pages[-1]
            [pinned] = with_pins([replace(endpoint, pages=("/",))], sockets)
            _, paths = found.setdefault(endpoint.id, (pinned, []))
            paths += [page] if page not in paths else []
        return dict(found.values())


async def _sampled(endpoint: Endpoint, tls: TlsContexts, agent: str) -> Sequence[str]:
    """Pages of the host's sitemap. Raises UserError where there are none."""
    address = (await _addresses(endpoint))[0][0]
    backend = PinnedBackend(endpoint, address)
    root = absolute_url("", f"https://{endpoint.authority}/")
    until = asyncio.get_running_loop().time() + _SITEMAP_S
    async with Client(backend, tls, endpoint.host, LIMITS, agent) as client:
        index = await site_index(client, endpoint, root, LIMITS, until)
    if not index.sampled:
        why = next((f" ({sitemap.missing})" for sitemap in index.sitemaps if sitemap.missing), "")
        raise UserError(f"{endpoint.name}: no page is in its sitemap{why}: name the pages instead")
    return index.sampled


async def _addresses(endpoint: Endpoint) -> Sequence[SocketAddress]:
    found = await resolve(endpoint)
    if not found.addresses:
        raise UserError(f"{endpoint.name}: {found.unresolved or 'no address could be tried'}")
    return found.addresses


def read_urls(files: Iterable[Path]) -> list[str]:
    """A URL a line; empty lines and those that begin with # are left out. Raises UserError."""
    found = []
    for file in files:
        for number, text in enumerate(_text(file, _MOST_LIST_BYTES).splitlines(), 1):
            if (url := text.strip()) and not url.startswith("#"):
                try:
                    parse_target(url)
                except TargetError as error:
                    raise UserError(f"{file}:{number}:1: {error}") from None
                found.append(url)
    return found


def read_hars(files: Iterable[Path]) -> list[PageSizes]:
    """The pages of all files; one that is in several has the loads of all. Raises UserError."""
    found: dict[str, PageSizes] = {}
    for file in files:
        try:
            pages = read_har(_text(file, MAX_BYTES))
        except HarError as error:
            raise UserError(f"{file}: {error}") from None
        for page in pages:
            if known := found.get(page.url):
                loads = (*known.compressed, *page.compressed)
                found[page.url] = replace(page, compressed=loads, missing=None if loads else page.missing)
            else:
                found[page.url] = page
    return list(found.values())


def _text(file: Path, most_bytes: int) -> str:
    try:
        if file.stat().st_size > most_bytes:
            raise UserError(f"{file}: larger than {most_bytes >> 20} MiB")
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: not UTF-8") from None
