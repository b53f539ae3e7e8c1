"""A history that is written day by day, and what it tells."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.store.fleet import observation
from tlsaudit.app.notify.tell import Sent, Teller
from tlsaudit.app.records import check_record
from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.registry import Registry, rule
from tlsaudit.store import Pinned, Store
from tlsaudit.target import Endpoint, load_targets

FIRST = datetime(2026, 10, 1, 2, 10, tzinfo=UTC)

_OUTCOMES = {"p": Outcome.PASS, "f": Outcome.FAIL, "u": Outcome.UNKNOWN}


class Past:
    """A targets file and a history in a folder, or in that of another. `day` is how many audits there were, `vantage`
    from where the next ones are."""

    def __init__(self, folder: Path, targets: str, start: datetime = FIRST, history: Path | None = None) -> None:
        self.folder = folder
        self.vantage = "lab"
        self._history = history or folder
        self.day = 0
        self._start = start
        self._registry = Registry.load()
        self.write(targets)

    def write(self, targets: str) -> None:
        (self.folder / "targets.yaml").write_text(targets, "utf-8")

    @property
    def url(self) -> str:
        return f"sqlite:///{self._history / 'history.db'}"

    @property
    def now(self) -> datetime:
        """Some hours after the last audit."""
        return self._start + timedelta(days=self.day - 1, hours=3)

    def audit(
        self, said: Mapping[tuple[str, str], str], message: str = "", options: Mapping[str, str] | None = None
    ) -> None:
        """One audit a day: `p`, `f`, `u` or nothing by host and check, or more than one of them for as many days."""
        for index in range(max(map(len, said.values()))):
            at = self._start + timedelta(days=self.day)
            self.day += 1
            hosts = list(dict.fromkeys(host for host, _ in said))
            with Store.open(self.url) as store:
                number = self._begin(store, at, self._pinned(said, options or {}))
                for host in hosts:
                    endpoint = Endpoint(host)
                    of_host = {check: letters[index] for (name, check), letters in said.items() if name == host}
                    findings = [self._finding(endpoint, check, letter, message) for check, letter in of_host.items()]
                    store.add_observation(number, endpoint, observation(endpoint, at), findings)
                store.finish(number, at + timedelta(minutes=5), summary=_summary(len(hosts), len(hosts)))

    def unanswered(self) -> None:
        """An audit in which nothing answered."""
        at = self._start + timedelta(days=self.day)
        self.day += 1
        with Store.open(self.url) as store:
            number = self._begin(store, at, Pinned())
            store.finish(number, at + timedelta(minutes=5), summary=_summary(2, 0))

    def _begin(self, store: Store, at: datetime, pinned: Pinned) -> int:
        targets = str(self.folder / "targets.yaml")
        return store.begin(at, vantage=self.vantage, version="1", pinned=pinned, targets=targets)

    def _pinned(self, said: Mapping[tuple[str, str], str], options: Mapping[str, str]) -> Pinned:
        rules = [rule(self._registry[check], {}) for check in dict.fromkeys(check for _, check in said)]
        records = [check_record(item).model_dump(mode="json") for item in rules]
        return Pinned(checks=[{**record, "options": {**record["options"], **options}} for record in records])

    def _finding(self, endpoint: Endpoint, check: str, letter: str, message: str) -> Finding:
        subject = Subject(SubjectKind.ENDPOINT, endpoint.id)
        severity = self._registry[check].severity
        return Finding(check, subject, endpoint.id, "192.0.2.1", _OUTCOMES[letter], severity, message or "as it is")

    def teller(self, addresses: Mapping[str, str], deadline_s: float = 30) -> Teller:
        targets = load_targets(self.folder / "targets.yaml")
        assert targets.notify is not None
        return Teller(targets, self._registry, targets.notify, self.url, "report.html", addresses, deadline_s)

    def tell(self, addresses: Mapping[str, str], later: timedelta = timedelta(0), deadline_s: float = 30) -> list[Sent]:
        return list(self.teller(addresses, deadline_s).tell(self.now + later))

    def titles(self, later: timedelta = timedelta(0)) -> list[tuple[str, str]]:
        """The variables and titles of what would be told."""
        return [(sent.via, sent.message.title) for sent in self.teller({}).preview(self.now + later)]


def _summary(endpoints: int, reachable: int) -> dict[str, object]:
    return {"endpoints": endpoints, "reachable": reachable, "findings": {"fail": 0}}
