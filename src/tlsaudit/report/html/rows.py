"""The rows of which a large fleet has thousands, each as HTML."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tlsaudit.report.document import Counts
from tlsaudit.report.html.environment import environment
from tlsaudit.report.html.fleet import Line
from tlsaudit.report.html.fragment import HOLE, Fragment, joined
from tlsaudit.report.html.places import Place, latency
from tlsaudit.report.text import milliseconds, outcomes, plural

if TYPE_CHECKING:
    from tlsaudit.report.html.services import Row

_EMPTY = Markup()


@cache
def _fragment(name: str) -> Fragment:
    macro = _macro("rows.html.j2", name)
    return Fragment(macro(*(HOLE for _ in macro.arguments)))


@cache
def _cell(name: str) -> Any:
    """What many rows have alike: the same for the same words."""
    return lru_cache(maxsize=1024)(_macro("cells.html.j2", name))


def _macro(template: str, name: str) -> Any:
    return getattr(environment().get_template(template).module, name)


def todo_row(line: Mapping[str, Any], report: str, *, evidence: bool) -> Markup:
    """What does not pass of one check, which the page at `report` explains; `evidence` are the facts beside it."""
    faults = [_fault(each, named=line["kind"] != "fleet", evidence=evidence) for each in line["faults"]]
    if line["more"]:
        faults.append(_fragment("item")(f"and {plural(line['more'], 'more finding')}"))
    return _fragment("todo_row")(
        _cell("check_cell")(f"{report}#{line['anchor']}", line["title"], line["severity"], line["count"]),
        joined(faults),
        _cell("fix_cell")(line["fixes"], line["remediation"]),
    )


def _fault(fault: Mapping[str, Any], *, named: bool, evidence: bool) -> Markup:
    said = fault["message"]
    if fault["standing"] != "fail":
        said = _cell("open_said")(fault["standing"], said, fault["why"])
    facts = _fragment("evidence_said")(fault["facts"]) if evidence and fault["facts"] else _EMPTY
    if not named:
        return _fragment("fault")(said, facts)
    more = f" and {fault['more']} more" if fault["more"] else ""
    return _fragment("fault_at")(said, ", ".join(fault["subjects"]) + more, facts)


def place_row(place: Place) -> Markup:
    connect, first_byte = (
        ", ".join(map(milliseconds, pair)) if (pair := latency(times)) else "-"
        for times in (place.connect, place.first_byte)
    )
    answered = f"{place.answered} of {place.endpoints}"
    found = _outcomes(*(place.counts[kind] for kind in _COUNTED))
    return _fragment("place_row")(place.service or "-", place.site or "-", answered, found, connect, first_byte)


def endpoint_row(line: Line) -> Markup:
    endpoint = line.endpoint.record()
    addresses: str = ", ".join(endpoint.addresses)
    if endpoint.not_tried:
        addresses = joined([_fragment("text")(addresses), *map(_fragment("not_tried"), endpoint.not_tried)])
    return _fragment("endpoint_row")(
        endpoint.id,
        endpoint.service or "-",
        addresses,
        " · ".join(endpoint.headline)
        if endpoint.reachable
        else _fragment("no_answer")(endpoint.reason or "no reason given"),
        len(line.faults),
        ", ".join(line.faults) or "-",
        _outcomes(*(line.counts[kind] for kind in _COUNTED)),
        *(
            cell
            for time in (line.endpoint.connect_ms, line.endpoint.first_byte_ms)
            for cell in (-1 if time is None else time, milliseconds(time))
        ),
    )


_COUNTED = ("pass", "fail", "unknown", "waived")


@lru_cache(maxsize=1024)
def _outcomes(passed: int, fail: int, unknown: int, waived: int) -> str:
    counted = {"pass": passed, "fail": fail, "unknown": unknown, "waived": waived}
    return outcomes(Counts.model_validate(counted), "excused")


def service_row(row: "Row", sites: Iterable[str | None], link: str | None) -> Markup:
    """A service in the table of services by site."""
    name = row.name if row.name is not None else "no service"
    apart = f"{plural(row.apart, 'check')} {'fails' if row.apart == 1 else 'fail'}" if row.apart else "-"
    return _fragment("service_row")(
        name if link is None else _fragment("link")(link, name),
        row.owner or "-",
        row.endpoints,
        f"{row.endpoints:,}",
        joined(_cell("service_cell")(row.cells.get(site)) for site in sites),
        row.apart,
        apart,
    )


def passed(titles: tuple[str, ...]) -> Markup:
    """A list of the checks with these titles, folded; nothing where there are none."""
    return _cell("passed")(titles) if titles else _EMPTY


def to_do(lines: Sequence[Markup]) -> Markup:
    """A section of these rows; nothing where there are none."""
    return _fragment("to_do")(joined(lines)) if lines else _EMPTY


def belongs(link: str, owner: str) -> Markup:
    """To whom a service does."""
    return _fragment("belongs")(link, owner)


def left_out(more: int) -> Markup:
    """That so many endpoints are not listed; nothing where there are none."""
    return _fragment("left_out")(plural(more, "more endpoint")) if more else _EMPTY
