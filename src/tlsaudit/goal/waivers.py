"""Which failures are excused on a day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.goal.subjects import Subjects
from tlsaudit.target import WaiverSpec


class Waivers:
    """The waivers as they stand on the day `at`, UTC. A waiver holds until the end of the day it expires.

    Feed every finding of the audit to `apply`, then ask for `warnings`.
    """

    def __init__(self, specs: Sequence[WaiverSpec], subjects: Subjects, at: date) -> None:
        self._specs = specs
        self._subjects = subjects
        self._at = at
        self._of_check: dict[str, dict[Subject, list[int]]] = {}
        for index, spec in enumerate(specs):
            if spec.expires >= at:
                for subject in {subject for entry in spec.on for subject in subjects.called(entry)}:
                    self._of_check.setdefault(spec.check, {}).setdefault(subject, []).append(index)
        self._met: set[int] = set()
        self._needed: set[int] = set()

    def apply(self, finding: Finding) -> Finding:
        """The finding with the reason of the waiver that excuses it, or none; of several, the one that holds
        longest."""
        covering = self._covering(finding.check, finding.subject)
        self._met.update(covering)
        if finding.outcome is not Outcome.FAIL or not covering:
            return finding if finding.waiver is None else replace(finding, waiver=None)
        self._needed.update(covering)
        return replace(finding, waiver=self._longest(covering).reason)

    def covered(self, check: str) -> Iterable[Subject]:
        """Those of whom a failure of the check is excused."""
        return self._of_check.get(check, {}).keys()

    def reason(self, check: str, subject: Subject) -> str | None:
        """Why a failure is excused; None where it is not."""
        covering = self._covering(check, subject)
        return self._longest(covering).reason if covering else None

    def _covering(self, check: str, subject: Subject) -> Sequence[int]:
        subjects = self._of_check.get(check)
        return subjects.get(subject, ()) if subjects else ()

    def until(self, finding: Finding) -> date | None:
        """The last day on which a failure is excused, None where it is not."""
        covering = self._covering(finding.check, finding.subject)
        if finding.outcome is not Outcome.FAIL or not covering:
            return None
        return self._longest(covering).expires

    def _longest(self, covering: Sequence[int]) -> WaiverSpec:
        return max((self._specs[index] for index in covering), key=lambda spec: spec.expires)

    def concerning(self, checks: Iterable[str], subjects: Sequence[Subject]) -> tuple[WaiverSpec, ...]:
        """Those in force that excuse one of these checks on one of these subjects, in the order of the file."""
        found = {index for check in checks for subject in subjects for index in self._covering(check, subject)}
        return tuple(self._specs[index] for index in sorted(found))

    def warnings(self) -> Iterator[str]:
        """What is odd about the waivers: they have expired, name nothing, or excuse nothing that fails."""
        expired: dict[tuple[date, tuple[str, ...]], list[str]] = {}
        for spec in self._specs:
            if spec.expires < self._at:
                expired.setdefault((spec.expires, tuple(spec.on)), []).append(spec.check)
        for (day, on), checks in expired.items():
            several, them = ("s", "them") if len(checks) > 1 else ("", "it")
            what = f"{_WARNS}{several} of {' and '.join(checks)} on {', '.join(on)}"
            yield f"{what} expired on {day}: renew {them} or take {them} out"
        for index, spec in enumerate(self._specs):
            what = _named(spec)
            if spec.expires < self._at:
                continue
            for entry in spec.on:
                if not self._subjects.called(entry):
                    yield f"{what} matches nothing: {entry} is no service, host or link of the targets file"
            if index in self._met and index not in self._needed:
                yield f"{what}{_NOT_NEEDED}"

    def is_outdated(self, note: str) -> bool:
        """Whether a note is a warning of an earlier day that is to be asked for again. That one is not needed can tell
        only who has applied them to every finding."""
        whose = note.removesuffix(_NOT_NEEDED)
        return note.startswith(_WARNS) and (whose == note or not any(whose == _named(spec) for spec in self._specs))


_WARNS = "the waiver"
_NOT_NEEDED = " is not needed today: nothing it covers fails"


def _named(spec: WaiverSpec) -> str:
    return f"{_WARNS} of {spec.check} on {', '.join(spec.on)}"
