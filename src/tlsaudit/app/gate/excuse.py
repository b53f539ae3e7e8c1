"""Comments that excuse what is found on a line: `# tlsaudit: ignore[hsts-max-age] reason, until 2027-01-31`."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tlsaudit.app.gate.judge import Judged
from tlsaudit.check import Outcome
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.server import Place
from tlsaudit.server.tree import lines_of, text_of

_COMMENT = re.compile(r"^(?P<before>[^#]*)#\s*tlsaudit:\s*ignore(?P<rest>.*)$")
_REST = re.compile(r"\[(?P<checks>[^]]+)\]\s*(?P<reason>\S.*?),?\s+until\s+(?P<until>\S+)\s*")


@dataclass(frozen=True, slots=True)
class Excuse:
    """`line` is the one that it excuses, `at` where it stands."""

    at: Place
    line: int
    check: str
    reason: str
    until: date


def excuses(files: Mapping[str, Path], registry: Registry) -> list[Excuse]:
    """Those in the files that were read, by the names that places have. Raises UserError for one that is not whole."""
    return [excuse for shown, file in files.items() for excuse in _in_text(text_of(file), shown, registry)]


def _in_text(text: str, file: str, registry: Registry) -> Iterator[Excuse]:
    lines = lines_of(text)
    for number, line in enumerate(lines, 1):
        matched = _COMMENT.match(line)
        if not matched:
            continue
        place = Place(file, number)
        rest = _REST.fullmatch(matched["rest"])
        if not rest:
            raise UserError(f"{place}: write # tlsaudit: ignore[check-id] reason, until YYYY-MM-DD")
        try:
            until = date.fromisoformat(rest["until"])
            checks = [registry[name.strip()].id for name in rest["checks"].split(",")]
        except ValueError:
            raise UserError(f"{place}: {rest['until']} is no date: write YYYY-MM-DD") from None
        except UserError as error:
            raise UserError(f"{place}: {error}") from None
        excused = number if matched["before"].strip() else _following(lines, number)
        for check in checks:
            yield Excuse(place, excused, check, rest["reason"], until)


def _following(lines: Sequence[str], number: int) -> int:
    """The next line that says something."""
    after = (n for n in range(number, len(lines)) if lines[n].strip() and not lines[n].lstrip().startswith("#"))
    return next(after, number - 1) + 1


def excused(found: Sequence[Judged], known: Collection[Excuse], today: date) -> tuple[list[Judged], list[str]]:
    """The findings, those on an excused line with the reason, and warnings of comments that excuse nothing."""
    in_force = {(each.at.file, each.line, each.check): each for each in known if today <= each.until}
    used = set()
    made = []
    for finding, place in found:
        excuse = in_force.get((place.file, place.line, finding.check)) if place else None
        if excuse and finding.outcome is Outcome.FAIL:
            used.add(excuse)
            made.append(Judged(replace(finding, waiver=excuse.reason), place))
        else:
            made.append(Judged(finding, place))
    expired = [f"{each.at}: ignore[{each.check}] was until {each.until}" for each in known if each.until < today]
    unused = [f"{each.at}: ignore[{each.check}] excuses nothing" for each in in_force.values() if each not in used]
    return made, [*expired, *unused]
