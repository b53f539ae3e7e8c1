"""The Set-Cookie header field (RFC 6265 section 5.2), read as leniently as browsers read it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from tlsaudit.evidence.url import is_ip_address

MAX_NAME = 256
"""Characters of a cookie's name that are kept."""

_MOST = 4096
"""Characters of name and value together."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SAME_SITE = ("strict", "lax", "none")
_WHITE = " \t"
_PREFIXES = ("__secure-", "__host-")  # a cookie without a name must not look like one with such a name
_SECONDS = re.compile(r"-?[0-9]+")

# RFC 6265 section 5.1.1: what a date is made of, in any order, whatever stands in between.
_DELIMITER = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9]|\Z)")
_DAY = re.compile(r"([0-9]{1,2})(?:[^0-9]|\Z)")
_YEAR = re.compile(r"([0-9]{2,4})(?:[^0-9]|\Z)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Cookie:
    """What a Set-Cookie field says of a cookie, its value left out. `name` may be empty.

    `same_site` is `strict`, `lax` or `none`, None where the attribute is absent or anything else. `host_only`: there is
    no Domain attribute. `root_path`: the Path attribute is `/`.
    """

    name: str
    secure: bool
    http_only: bool
    same_site: str | None
    host_only: bool = True
    root_path: bool = False


def parse_set_cookie(value: str, host: str, now: datetime) -> Cookie | None:
    """Read one field value of an answer by `host`. None where it sets no cookie: it is empty, deletes what there is,
    has a control character, is longer than any browser takes or is for a domain that the host is not in. Never raises.

    SameSite and cookies without a name, such as `value; Path=/`, are not of the RFC, but of its revision:
    draft-ietf-httpbis-rfc6265bis, sections 5.6 and 5.7.
    """
    pair, *rest = value.split(";")
    name, equals, text = (part.strip(_WHITE) for part in pair.partition("="))
    if not equals:
        name, text = "", name
    if _CONTROL.search(value) or len(name) + len(text) > _MOST:
        return None
    if not name and (not text or text.lower().startswith(_PREFIXES)):
        return None
    attributes: dict[str, str] = {}
    for item in rest:
        key, _, text = item.partition("=")
        _keep(attributes, key.strip(_WHITE).lower(), text.strip(_WHITE))
    domain = attributes.get("domain", "").removeprefix(".").lower()
    if _expired(attributes, now) or (domain and not _is_in(domain, host)):
        return None
    same_site = attributes.get("samesite", "").lower()
    return Cookie(
        name[:MAX_NAME],
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=same_site if same_site in _SAME_SITE else None,
        host_only=not domain,
        root_path=attributes.get("path") == "/",
    )


def _is_in(domain: str, host: str) -> bool:
    """RFC 6265 section 5.1.3."""
    return host == domain or (host.endswith(f".{domain}") and not is_ip_address(host))


def _keep(attributes: dict[str, str], key: str, text: str) -> None:
    """The last of several counts, unless it cannot be read."""
    unreadable = (key == "max-age" and not _SECONDS.fullmatch(text)) or (key == "expires" and parse_date(text) is None)
    if not unreadable:
        attributes[key] = text


def _expired(attributes: dict[str, str], now: datetime) -> bool:
    if max_age := attributes.get("max-age"):
        return max_age.startswith("-") or not max_age.strip("0")
    expires = parse_date(attributes.get("expires", ""))
    return expires is not None and expires <= now


def parse_date(text: str) -> datetime | None:
    """A date as cookies have it (RFC 6265 section 5.1.1), None where it is none."""
    found: dict[str, tuple[int, ...]] = {}
    for token in _DELIMITER.split(text):
        if "time" not in found and (time := _TIME.match(token)):
            found["time"] = tuple(int(part) for part in time.groups())
        elif "day" not in found and (day := _DAY.match(token)):
            found["day"] = (int(day[1]),)
        elif "month" not in found and token[:3].lower() in _MONTHS:
            found["month"] = (_MONTHS.index(token[:3].lower()) + 1,)
        elif "year" not in found and (year := _YEAR.match(token)):
            found["year"] = (_full_year(int(year[1])),)
    if len(found) < 4 or found["year"][0] < 1601:
        return None
    try:
        return datetime(*found["year"], *found["month"], *found["day"], *found["time"], tzinfo=UTC)  # type: ignore[misc, arg-type]  # as many as there are
    except ValueError:
        return None


def _full_year(year: int) -> int:
    return year + (1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0)
