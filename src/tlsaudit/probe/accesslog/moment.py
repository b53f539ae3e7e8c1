"""The moment of a request, from the spellings that logs have: to the minute, in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock(StrEnum):
    """A spelling, as the pattern of two groups: the moment to the minute, and what places it in UTC."""

    CLF = r"(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d):\d\d ([+-]\d{4})"
    ISO = r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):\d\d(?:[.,]\d{1,9})? ?(Z|[+-]\d\d:?\d\d)"
    EPOCH = r"(\d{9,19})(?:\.\d{1,9})?()"
    W3C = r"(\d{4}-\d\d-\d\d)"  # the second group is CLOCK_OF_DAY, in a column of its own


CLOCK_OF_DAY = r"(\d\d:\d\d)(?::\d\d)?(?:\.\d{1,9})?"


def moment(clock: Clock, first: str, second: str) -> datetime:
    """What the two groups of a spelling say. Raises ValueError where there is no such moment."""
    if clock is Clock.EPOCH:
        return _epoch(int(first))
    if clock is Clock.W3C:  # "recorded in UTC": W3C working draft WD-logfile-960323
        return datetime.fromisoformat(f"{first}T{second}").replace(tzinfo=UTC)
    if clock is Clock.ISO:
        local = datetime.fromisoformat(first)
    else:
        day, month, rest = first.split("/")
        year, hour, minute = rest.split(":")
        local = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute))  # noqa: DTZ001
    return local.replace(tzinfo=_zone(second)).astimezone(UTC)


def _epoch(number: int) -> datetime:
    """By its size: seconds until the year 5138, else thousandths, millionths or thousand-millionths of them."""
    while number >= 10**11:
        number //= 1000
    return datetime.fromtimestamp(number // 60 * 60, UTC)


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
