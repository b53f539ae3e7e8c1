"""Whether pages are compressed together with what somebody else chose, and with something worth guessing."""

import asyncio
import secrets
from collections.abc import Sequence

from tlsaudit.evidence import Hop, NotObserved, PageCompression, Reason
from tlsaudit.probe.http.client import Answer, Client, UnansweredError
from tlsaudit.probe.http.page import refusal
from tlsaudit.probe.http.visits import First
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pages import secret_fields

_MOST_PAGES = 5
_CODINGS = b"gzip, deflate, br, zstd"

# What a browser says of a request that another site has it make (W3C Fetch Metadata Request Headers). That site can
# keep its own address back, so that Referer is left out, but it can forge none of these.
_FROM_ANOTHER_SITE = (
    (b"Sec-Fetch-Site", b"cross-site"),
    (b"Sec-Fetch-Mode", b"no-cors"),
    (b"Sec-Fetch-Dest", b"image"),
)

Pages = tuple[tuple[str, PageCompression | NotObserved], ...]


async def compressed_pages(
    client: Client, paths: Sequence[str], firsts: Sequence[First], limits: Limits, until: float
) -> Pages:
    """A GET of each page that answered 200, and a second one where it comes compressed; what is not seen `until` then
    (in the time of the event loop) is said to have timed out.
    """
    served = [
        (path, first.url)
        for path, first in zip(paths, firsts, strict=False)
        if isinstance(first.hop, Hop) and first.hop.status == 200
    ]
    return tuple([(path, await _bounded(client, url, limits, until)) for path, url in served[:_MOST_PAGES]])


async def _bounded(client: Client, url: str, limits: Limits, until: float) -> PageCompression | NotObserved:
    try:
        async with asyncio.timeout_at(until):
            return await _look(client, url, limits)
    except TimeoutError:
        return NotObserved(Reason.TIMED_OUT, "no complete answer in time")
    except UnansweredError as error:
        return error.why


async def _look(client: Client, url: str, limits: Limits) -> PageCompression | NotObserved:
    value = f"tlsaudit{secrets.token_hex(8)}"
    asked = f"{url}{'&' if '?' in url else '?'}tlsaudit={value}"
    async with client.get(asked, codings=_CODINGS, further=_FROM_ANOTHER_SITE) as answer:
        if answer.hop.status == 403:
            return PageCompression(None, refused=True)
        if answer.hop.status != 200:
            return refusal(answer.hop.status)
        coding = answer.coding
    if coding is None:
        return PageCompression(None)
    async with client.get(asked, codings=b"identity", further=_FROM_ANOTHER_SITE) as answer:
        if answer.hop.status != 200:
            return refusal(answer.hop.status)
        body = await answer.body(limits.body_bytes)
        repeats = value.encode("ascii") in body.data
        return PageCompression(
            coding,
            repeats=repeats if repeats or body.complete else None,
            secrets=secret_fields(body.data, answer.content_type),
            personal=_is_personal(answer),
        )


def _is_personal(answer: Answer) -> bool:
    return bool(answer.hop.cookies) or "cookie" in answer.vary
