"""What a check says of each subject, in little memory: most of a fleet is told one of few things."""

from array import array
from collections.abc import Iterable, Iterator, Mapping

from tlsaudit.check import Finding

_FILLED = (1 << 64) - 1


class CheckFindings(Mapping[str, Finding]):
    """The findings of one check, by the id of the subject, which has a row of `rows`: these are shared by all checks of
    an audit. What is told in brief is the number of a verdict, eight bytes, and the same object for all of whom it is
    `said`; `own` are the findings that were read whole.
    """

    def __init__(self, rows: dict[str, int], said: Mapping[int, Finding]) -> None:
        self._rows = rows
        self._said = said
        self._verdicts = array("Q")
        self._filling: Finding | None = None
        self.own: dict[str, Finding] = {}

    def add(self, row: int, verdict: int) -> None:
        if (missing := row + 1 - len(self._verdicts)) > 0:
            self._verdicts.frombytes(bytes(missing * self._verdicts.itemsize))
        self._verdicts[row] = verdict

    def fill(self, names: Iterable[str], finding: Finding) -> None:
        """Say the same of all these of whom nothing is said."""
        self._filling = finding
        for name in names:
            if name not in self:
                self.add(self._rows.setdefault(name, len(self._rows)), _FILLED)

    def having(self, own: Mapping[str, Finding]) -> "CheckFindings":
        """The same with other findings of some subjects."""
        changed = CheckFindings(self._rows, self._said)
        changed._verdicts, changed._filling, changed.own = self._verdicts, self._filling, {**self.own, **own}
        return changed

    def verdict(self, name: str) -> int | None:
        """The number of what is said in brief; None where nothing is."""
        row = self._rows.get(name)
        number = self._verdicts[row] if row is not None and row < len(self._verdicts) else 0
        return number if number not in (0, _FILLED) and name not in self.own else None

    def get(self, name: str, default: Finding | None = None) -> Finding | None:  # type: ignore[override]
        if finding := self.own.get(name):
            return finding
        row = self._rows.get(name)
        if row is None or row >= len(self._verdicts) or not (number := self._verdicts[row]):
            return default
        return self._filling if number == _FILLED else self._said[number]

    def __getitem__(self, name: str) -> Finding:
        finding = self.get(name)
        if finding is None:
            raise KeyError(name)
        return finding

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        in_brief = (name for name, row in self._rows.items() if row < len(self._verdicts) and self._verdicts[row])
        yield from (name for name in in_brief if name not in self.own)
        yield from self.own

    def __len__(self) -> int:
        return sum(1 for _ in self)
