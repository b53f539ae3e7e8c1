"""Words for numbers, dates and hostile strings, shared by the renderers."""

import datetime
import math
import re
import unicodedata

from tlsaudit.report.document import Counts

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip  # strftime would follow the locale


_COMMAND = re.compile(r"##(?=(?:vso|teamcity)?\[)")


def clean(text: str) -> str:
    """The text with everything that does not print as itself written as an escape.

    That is control characters (and with them terminal escape sequences and line ends), bidirectional overrides,
    zero-width and unassigned characters. All kinds of spaces between words stay. So is `##[`, which the runners of
    builds take for a command wherever it stands in their logs.
    """
    if "##" in text:
        text = _COMMAND.sub(r"#\\x23", text)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else _escape(ord(char)) for char in text
    )


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def sentence(text: str) -> str:
    """The text with a capital, unless it begins with the name of a host, a check or a file."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 host`, `2 hosts`, `10,000 hosts`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def joined(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def remaining(days: int) -> str:
    """`in 3 days`, `today`, `expired 1 day ago`. On the day it expires, a waiver still holds."""
    if days < 0:
        return f"expired {plural(-days, 'day')} ago"
    return f"in {plural(days, 'day')}" if days else "today"


def percent(share: float, *, lower_is_better: bool = False, digits: int = 1) -> str:
    """A share from 0 to 1 in percent, with a decimal where it is not whole, or as many as `digits`.

    Rounds against the reader's hope: 94.96 % is not shown as 95 %, and 100 % means all.
    """
    unit = 10**digits
    units = round(share * 100 * unit, 6)
    rounded = math.ceil(units) if lower_is_better else math.floor(units)
    if 0 < share < 1:
        rounded = min(max(rounded, 1), 100 * unit - 1)
    whole, rest = divmod(rounded, unit)
    exact = math.isclose(units, rounded, abs_tol=1e-6) and rest == 0
    return f"{whole}%" if exact else f"{whole}.{f'{rest:0{digits}}'.rstrip('0') or '0'}%"


def denominator(counts: Counts) -> int:
    """Everything a share is a share of: what passed, failed, is unknown or waived."""
    return counts.passed + counts.fail + counts.unknown + counts.waived


def share_of(counts: Counts, waived: str = "waived", *, percentage: bool = True, digits: int = 1) -> str:
    """`5 of 6, 1 waived`; above twenty with the percentage: `95.1%, 9,512 of 10,000, 3 unknown`."""
    total = denominator(counts)
    if total == 0:
        return "nothing in scope"
    parts = [f"{counts.passed:,} of {total:,}"]
    if percentage and total > 20:
        parts.insert(0, percent(counts.passed / total, digits=digits))
    if counts.waived:
        parts.append(f"{counts.waived:,} {waived}")
    if counts.unknown:
        parts.append(f"{counts.unknown:,} unknown")
    return ", ".join(parts)


def outcomes(counts: Counts, waived: str = "waived") -> str:
    """`5 pass, 2 fail, 1 unknown`: what there is none of is left out, but for pass and fail."""
    parts = [f"{counts.passed:,} pass", f"{counts.fail:,} fail"]
    if counts.unknown:
        parts.append(f"{counts.unknown:,} unknown")
    if counts.waived:
        parts.append(f"{counts.waived:,} {waived}")
    return ", ".join(parts)


def judged(counts: Counts) -> str:
    """How much of what applies could be judged: `10 of 11 judged`."""
    total = denominator(counts)
    return f"{total - counts.unknown:,} of {total:,} judged"


def duration(seconds: float) -> str:
    """`0.4 s`, `45 s`, `2 min 5 s`, `1 h 3 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def milliseconds(value: float | None) -> str:
    """`0.4 ms`, `12 ms`; a dash where nothing was measured."""
    if value is None:
        return "-"
    return f"{value:.1f} ms" if value < 9.95 else f"{value:,.0f} ms"


def long_date(day: datetime.date) -> str:
    """`1 March 2015`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: datetime.date, at: datetime.date) -> str:
    """`28 Feb`, with the year where it is not that of `at`."""
    name = f"{day.day} {MONTHS[day.month - 1][:3]}"
    return name if day.year == at.year else f"{name} {day.year}"


def spoken_date(day: datetime.date, at: datetime.date) -> str:
    """`28 February`, with the year where it is not that of `at`."""
    name = f"{day.day} {MONTHS[day.month - 1]}"
    return name if day.year == at.year else f"{name} {day.year}"


def months(low: datetime.date, high: datetime.date, at: datetime.date) -> str:
    """`Jul`, `Jul-Sep`, `Nov 2015-Jan 2016`: the year where it is not that of `at`."""
    names = [MONTHS[day.month - 1][:3] for day in (low, high)]
    if low.year == high.year:
        name = names[0] if low.month == high.month else "-".join(names)
        return name if low.year == at.year else f"{name} {low.year}"
    return f"{names[0]} {low.year}-{names[1]} {high.year}"


def place(subject: str) -> str:
    """A subject's id as people say it: `login.example.org at west` for `login.example.org:443@west`."""
    name, _, site = subject.partition("@")
    host = name.removesuffix(":443")
    return f"{host} at {site}" if site else host


def web_link(url: str | None) -> str | None:
    """The URL where it is one a reader may follow; None for `javascript:` and the like."""
    return url if url and url.lower().startswith(("https://", "http://")) else None
