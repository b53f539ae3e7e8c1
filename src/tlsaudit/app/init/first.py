"""The text of a first targets.yaml, with dates relative to today."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, count

from tlsaudit.target import Endpoint

_HEAD = """\
# What is audited, and what must be true by when. Owners, dates and goals are yours to change: `tlsaudit explain` lists
# the checks, `tlsaudit schema targets` is for editors, and `tlsaudit goals` tells of mistakes.
version: 1

# defaults: {owner: ops@example.org}    # who answers for whatever names no owner

services:
"""
_OBJECTIVES = """
# milestones: date -> what must be true by the end of that day, UTC.
objectives:
"""
_OBJECTIVE = """\
  {id}:
    title: {title}
    checks: [{checks}]
    milestones: {{{due}: 100%}}
"""
# Id, title, checks, months from now.
_TLS = (
    (
        "certificates",
        "Every certificate is trusted and has time left",
        "certificate-trust, certificate-name, certificate-validity",
        1,
    ),
    ("versions", "Only current versions of TLS are served", "tls-versions", 3),
    ("forward-secrecy", "Recorded traffic stays secret if a key leaks", "pfs-suites, pfs-clients", 6),
)
_WEB = (("https-only", "Nobody is served by plain http", "redirect-https, hsts-max-age", 12),)
_STARTTLS = (("starttls", "Nobody logs in before TLS", "starttls, starttls-before-login", 3),)

_PLAIN = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")


def first_targets(endpoints: Sequence[Endpoint], today: date) -> str:
    """The services that endpoints name, one for each host that names none, and goals that apply to some of them: due at
    the ends of coming months.
    """
    objectives = list(_TLS)
    if any(endpoint.speaks_http for endpoint in endpoints):
        objectives += _WEB
    if any(endpoint.starttls for endpoint in endpoints):
        objectives += _STARTTLS
    return "".join(
        (
            _HEAD,
            *_services(endpoints),
            _OBJECTIVES,
            *(
                _OBJECTIVE.format(id=name, title=title, checks=checks, due=_month_end(today, months))
                for name, title, checks, months in objectives
            ),
        )
    )


def _services(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    found: dict[tuple[str | None, str], list[Endpoint]] = {}
    for endpoint in endpoints:
        found.setdefault((endpoint.service, "" if endpoint.service else endpoint.host), []).append(endpoint)
    taken: set[str] = set()
    for (service, host), its in found.items():
        name = _service_name(service, taken) if service else _name(host, taken)
        taken.add(name)
        fields = {
            "owner": next((_quoted(endpoint.owner) for endpoint in its if endpoint.owner), ""),
            "hosts": _list(dict.fromkeys(map(_shortest, its))),
            "pages": _list(dict.fromkeys(page for endpoint in its for page in endpoint.pages if page != "/")),
        }
        said = {field: value for field, value in fields.items() if value}
        if said.keys() == {"hosts"}:
            yield f"  {name}: {said['hosts']}\n"
        else:
            yield f"  {name}:\n" + "".join(f"    {field}: {value}\n" for field, value in said.items())


def _list(words: Iterable[str]) -> str:
    quoted = ", ".join(map(_quoted, words))
    return f"[{quoted}]" if quoted else ""


def _service_name(said: str, taken: set[str]) -> str:
    """What an inventory calls it, as an id; with a number where that is another's."""
    name = _NO_ID.sub("-", said).strip("-._")[:90] or "service"
    return next(each for each in chain((name,), (f"{name}-{number}" for number in count(2))) if each not in taken)


def _name(host: str, taken: set[str]) -> str:
    """`www` of www.example.org, where that is no other's; of an address, all of it."""
    label = host.partition(".")[0]
    if not label[:1].isalpha() or ":" in host:
        return f"host-{_NO_ID.sub('-', host).strip('-')}"
    return host if label in taken else label


def _shortest(endpoint: Endpoint) -> str:
    return endpoint.authority.removesuffix(":443") if endpoint.starttls is None else endpoint.name


def _quoted(text: str) -> str:
    """As YAML takes it inside brackets, whatever it is."""
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def _month_end(today: date, months: int) -> date:
    years, month = divmod(today.month - 1 + months, 12)
    year = today.year + years
    return date(year, month + 1, monthrange(year, month + 1)[1])
