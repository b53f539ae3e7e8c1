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
    `failing` are the failures it excuses, or did while it held; `unmatched` its entries that name nothing.
    """

    waiver: WaiverSpec
    days_left: int
    failing: int
    unmatched: tuple[str, ...]

    @property
    def expired(self) -> bool:
        return self.days_left < 0


def standings(
    waivers: Sequence[WaiverSpec], subjects: Subjects, findings: Iterable[Finding], at: date
) -> list[Standing]:
    """The waivers as they stand on the day `at`, those that expire first at the head. A failure counts for every
    waiver that covers it.
    """
    covering: dict[tuple[str, Subject], list[int]] = {}
    for index, waiver in enumerate(waivers):
        for subject in {subject for entry in waiver.on for subject in subjects.called(entry)}:
            covering.setdefault((waiver.check, subject), []).append(index)
    failing = [0] * len(waivers)
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            for index in covering.get((finding.check, finding.subject), ()):
                failing[index] += 1
    found = [
        Standing(
            waiver,
            days_left=(waiver.expires - at).days,
            failing=count,
            unmatched=tuple(entry for entry in waiver.on if not subjects.called(entry)),
        )
        for waiver, count in zip(waivers, failing, strict=True)
    ]
    return sorted(found, key=lambda standing: standing.days_left)
