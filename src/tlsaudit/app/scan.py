"""A quick look at some targets: probe, judge, show. Nothing is recorded and no goal is asked after."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from tlsaudit.app.applicable import Applicable, applicable
from tlsaudit.app.foresee import foresee
from tlsaudit.app.observe import left_out, observe
from tlsaudit.app.output import Output
from tlsaudit.app.prober import prober, wanted_by
from tlsaudit.app.progress import progress
from tlsaudit.app.records import Tally, check_record, policy, tool, vantage
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.spool import Spool, SpoolView
from tlsaudit.check import Check, Severity, SubjectKind
from tlsaudit.registry import rule
from tlsaudit.report.document import Header
from tlsaudit.report.view import AuditView
from tlsaudit.target import Endpoint


@dataclass(frozen=True, slots=True)
class Scan:
    """What to scan, with which checks, and what makes the exit code 1 or 3. `named` are the checks that the user asked
    for by their ids.
    """

    endpoints: Sequence[Endpoint]
    checks: Sequence[Check]
    settings: ProbeSettings
    output: Output
    fail_on: Severity | None = Severity.HIGH
    min_coverage: float = 1.0
    named: frozenset[str] = frozenset()
    notes: Sequence[str] = ()

    async def run(self) -> int:
        """Return the exit code. Raises UserError for what the user can mend."""
        self.output.check()
        chosen = self._chosen()
        with Spool(self.endpoints) as found:
            view, tally = await self._look(chosen, found)
            exit_code = tally.exit_code(self.fail_on, self.min_coverage)
            fail_on = self.fail_on.label if self.fail_on is not None else "never"
            self.output.emit(view, exit_code=exit_code, fail_on=fail_on)
        return exit_code

    def foresee(self) -> Iterator[str]:
        """What it would cost. Raises UserError for what the user can mend."""
        self.output.check()
        rules = self._chosen().rules
        prober(wanted_by(rules), self.settings)  # which reads the files that it is to take
        return foresee(self.endpoints, rules, self.settings)

    def _chosen(self) -> Applicable:
        # A target on the command line belongs to no service, link or fleet.
        rules = [
            rule(check, {}, self.settings.preload_list)
            for check in self.checks
            if check.subject_kind is SubjectKind.ENDPOINT
        ]
        return applicable(rules, self.settings, self.named, self.endpoints)

    async def _look(self, chosen: Applicable, found: Spool) -> tuple[AuditView, Tally]:
        rules = chosen.rules
        tally = Tally()
        started_at = self.settings.clock()
        with progress(len(self.endpoints), quiet=self.output.quiet) as advance:
            async with aclosing(observe(self.endpoints, rules, self.settings)) as completed:
                async for seen in completed:
                    tally.endpoint(found.add(*seen))
                    tally.findings(seen.findings)
                    advance()
        header = Header(
            tool=tool(),
            started_at=started_at,
            finished_at=self.settings.clock(),
            vantage=vantage(self.settings),
            policy=policy(rules),
            checks=[check_record(item) for item in rules],
            sites=[],
            links=[],
            waivers=[],
            notes=[*self.notes, *chosen.notes, *left_out(self.endpoints, rules)],
            summary=tally.summary(),
        )
        return SpoolView(header, found), tally
