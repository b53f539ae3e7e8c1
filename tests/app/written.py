"""A history that is written by the tests instead of by probes, over a targets file that may change."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.cli.command import tlsaudit
from tests.store.fleet import finding, observation, unreachable
from tlsaudit.app.audit import add_endpoint
from tlsaudit.app.goalposts import digest_of, moved_since_last, pinned
from tlsaudit.app.observe import Observed
from tlsaudit.app.records import Tally
from tlsaudit.app.series import name_of
from tlsaudit.app.targets import load
from tlsaudit.app.timetable import Timetable
from tlsaudit.check import Outcome
from tlsaudit.cli.main import cli
from tlsaudit.registry import Registry, rule
from tlsaudit.store import Store

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


class Written:
    """A folder with targets.yaml and history.db."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = f"sqlite:///{path / 'history.db'}"
        self._registry = Registry.load()

    def targets(self, text: str) -> None:
        (self.path / "targets.yaml").write_text(text, "utf-8")

    def audit(
        self,
        moment: str,
        said: Mapping[str, Outcome | None],
        checks: Sequence[str] = ("pfs-suites",),
        vantage: str = "lab",
    ) -> None:
        """What the checks say of each endpoint, by the beginning of its id; None: it did not answer. Begins at a
        moment such as `2015-03-01T02:10`, UTC, and takes a minute."""
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        targets, _ = load(self.path / "targets.yaml", [], self._registry)
        timetable = Timetable(targets, self._registry, at.date())
        held = pinned(targets, [rule(self._registry[name], targets.check_options.get(name, {})) for name in checks])
        with Store.open(self.database) as store:
            number = store.begin(
                at,
                vantage=vantage,
                version="1",
                pinned=held,
                targets=name_of(targets),
                targets_digest=digest_of(targets),
            )
            tally = Tally()
            for endpoint in targets.endpoints:
                outcome = next(outcome for name, outcome in said.items() if endpoint.id.startswith(name))
                seen = unreachable(endpoint, at) if outcome is None else observation(endpoint, at)
                findings = [finding(endpoint, check, outcome or UNKNOWN, f"it is {outcome}") for check in checks]
                add_endpoint(store, number, Observed(endpoint, seen, findings), timetable, tally)
            objectives = timetable.measure(store, store.audit(number))
            moves = moved_since_last(store, targets, self._registry, at.date(), digest_of(targets))
            store.finish(
                number,
                at + timedelta(minutes=1),
                objectives=[record.model_dump(mode="json", by_alias=True) for record in objectives],
                summary=tally.summary().model_dump(mode="json", by_alias=True),
                moves=[move.model_dump(mode="json", exclude={"seen"}) for move in moves],
                paces=timetable.paces,
            )

    def shown(self, *arguments: str) -> str:
        """What a command of tlsaudit writes to standard output, within this process."""
        done = CliRunner(env={"COLUMNS": "200"}).invoke(
            cli, [*arguments, "-c", str(self.path / "targets.yaml")], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.stdout

    def document(self, *arguments: str) -> dict[str, Any]:
        """The same as an audit document."""
        found: dict[str, Any] = json.loads(self.shown(*arguments, "--format", "json"))
        return found

    def refused(self, *arguments: str) -> str:
        """What a command of tlsaudit complains of."""
        done = tlsaudit(*arguments, cwd=self.path)
        assert (done.code, done.out) == (2, ""), done.err
        return done.err
