"""How each waiver stands on a day: how long it holds yet, and what it excuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.goal.subjects import Subjects
from tlsaudit.target import WaiverSpec


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiver on a day. `days_left` is 0 on its last day, on which it still holds, and negative once it has expired.
    `failing` are the failures it excuses, or did while it held, `excused` those of them that any excuses on the day;
    `unmatched` its entries that name nothing.
    """

    waiver: WaiverSpec
    days_left: int
    failing: int
    unmatched: tuple[str, ...]
    excused: int = 0

    @property
    def expired(self) -> bool:
        return self.days_left < 0


def standings(
    waivers: Sequence[WaiverSpec], subjects: Subjects, findings: Iterable[Finding], at: date
) -> list[Standing]:
    """The waivers as they stand on the day `at`, those that expire first at the head. A failure counts for every waiver
    that covers it.
    """
    covering: dict[tuple[str, Subject], list[int]] = {}
    for index, waiver in enumerate(waivers):
        for subject in {subject for entry in waiver.on for subject in subjects.called(entry)}:
            covering.setdefault((waiver.check, subject), []).append(index)
    failing, excused = [0] * len(waivers), [0] * len(waivers)
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            of_it = covering.get((finding.check, finding.subject), ())
            in_force = any(waivers[index].expires >= at for index in of_it)
            for index in of_it:
                failing[index] += 1
                excused[index] += in_force
    found = [
        Standing(
            waiver,
            days_left=(waiver.expires - at).days,
            failing=failing[index],
            excused=excused[index],
            unmatched=tuple(entry for entry in waiver.on if not subjects.called(entry)),
        )
        for index, waiver in enumerate(waivers)
    ]
    return sorted(found, key=lambda standing: standing.days_left)
