"""How services answered, in words that claim no more than the looks can tell."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import nlargest, nsmallest
from typing import NamedTuple

from tlsaudit.report.document import AvailabilityRecord, LooksRecord, OutageRecord
from tlsaudit.report.text import duration, plural
from tlsaudit.report.view import Answers

_WHOLE_PERCENT_BELOW = 1_000
_TENTHS_BELOW = 10_000


def line(item: AvailabilityRecord) -> str:
    """`wiki at west: 13 of 14 looks, 68 to 99% of the time (audits of 2 endpoints, one every 24 h)`."""
    place = " at ".join(filter(None, [item.service or "no service", item.site]))
    if item.of == "region":
        place = f"region {item.region}"
    half = f"; half within {item.median_ms:,} ms" if item.median_ms else ""
    return f"{place}: {answered(item)}, {of_the_time(item)} of the time ({sampling(item)}){half}"


def answered(item: LooksRecord) -> str:
    """`40,318 of 40,320 looks`."""
    return f"{item.answered:,} of {plural(item.looks, 'look')}"


def of_the_time(item: LooksRecord) -> str:
    """`64 to 100%`: the more looks, the finer; rounded so that the range only becomes wider."""
    digits = 0 if item.looks < _WHOLE_PERCENT_BELOW else 1 if item.looks < _TENTHS_BELOW else 2
    steps = 10**digits
    low, high = math.floor(item.low * 100 * steps) / steps, math.ceil(item.high * 100 * steps) / steps
    return f"{_plain(low)} to {_plain(high)}%"


def _plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def sampling(item: AvailabilityRecord) -> str:
    """`light looks at 2 endpoints, one every 1 min, in 840 h`, `audits of 2 endpoints, one every 24 h`."""
    at = f"{'at' if item.source == 'light looks' else 'of'} {plural(item.endpoints, 'endpoint')}"
    apart = f", one every {duration(item.gap_s)}" if item.gap_s else ""
    return f"{item.source} {at}{apart}" + (f", in {item.watched_h:,.0f} h" if item.watched_h else "")


class Told(NamedTuple):
    """What is told of a fleet: the `places` that answered least, `more` of them are left out; the regions by name; the
    latest outages, `earlier` ones are left out."""

    places: list[AvailabilityRecord]
    more: int
    regions: list[AvailabilityRecord]
    outages: list[OutageRecord]
    earlier: int


def told(items: Iterable[Answers], *, places: int, outages: int) -> Told:
    """At most so many places and outages. No more than these are in memory."""
    regions: list[Answers] = []
    latest: list[OutageRecord] = []
    own: set[tuple[str, datetime]] = set()
    services = lasted = 0

    def of_services() -> Iterator[Answers]:
        nonlocal services, lasted
        for item in items:
            if item.of == "region":
                regions.append(item)
                continue
            services += 1
            # Those of the vantage itself are among each place's, and are told once.
            new = [each for each in item.outages if not each.own or (each.vantage, each.began) not in own]
            own.update((each.vantage, each.began) for each in new if each.own)
            lasted += len(new)
            if new:
                latest[:] = nlargest(outages, (*latest, *new), key=lambda each: each.began)
            yield item

    shown = nsmallest(places, of_services(), key=_how_well)
    worst, of_regions = ([item.record() for item in some] for some in (shown, regions))
    return Told(worst, services - len(shown), of_regions, latest, lasted - len(latest))


def _how_well(item: Answers) -> tuple[float, str, str]:
    return item.answered / max(item.looks, 1), item.service or "", item.site or ""


def outage_line(item: OutageRecord) -> str:
    """`wiki at west: down from 2026-11-28 10:01:00 (answered at 10:00:00) to 10:14:00 (last silent at 10:13:00); ...`:
    what is in brackets is how exactly that is known.
    """
    place = " at ".join(filter(None, [item.service or "no service", item.site]))
    whom = f"{item.vantage} itself, so no service" if item.own else f"{place} from {item.vantage}"
    begun = f"last answer {_moment(item.after, item.began)}" if item.after else "no answer known before"
    until = (
        f"to {_moment(item.ended, item.began)} (last silent {_moment(item.seen, item.began)})"
        if item.ended
        else f"lasts, last looked {_moment(item.seen, item.began)}"
    )
    hosts = "" if item.own else f" at {plural(len(item.endpoints), 'endpoint')}"
    return f"{whom}: from {_moment(item.began)} ({begun}) {until}; {', '.join(item.reasons)}{hosts}"


def _moment(at: datetime, on: datetime | None = None) -> str:
    """To the second, without the day where it is the same."""
    return f"{at:%H:%M:%S}" if on and at.date() == on.date() else f"{at:%Y-%m-%d %H:%M:%S}"


def site(item: AvailabilityRecord) -> str:
    """`west (us-west)`: with the region, where it has one."""
    return (item.site or "-") + (f" ({item.region})" if item.region else "")


def times(median: int | None, p95: int | None) -> str:
    """`20 / 50`: within what half of them were and 95 %, in ms."""
    return f"{median or '-'} / {p95 or '-'}" if median or p95 else "-"


def latencies(item: LooksRecord) -> tuple[str, str]:
    """Within what half of the answers came, and 95 %: `20 ms`."""
    median, p95 = (f"{bound:,} ms" if bound else "-" for bound in (item.median_ms, item.p95_ms))
    return median, p95
