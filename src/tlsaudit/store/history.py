"""The history of audits."""

import asyncio
import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from tlsaudit.check import Finding, Subject
from tlsaudit.evidence import EndpointObservation, EvidenceType, LinkState, NotObserved
from tlsaudit.goal import Places, RecordedMeasurement
from tlsaudit.store import schema
from tlsaudit.store.availability import add_availability, merge_into_days, read_availability
from tlsaudit.store.bulk import insert_all
from tlsaudit.store.codec import canonical
from tlsaudit.store.compare import Side, compare, differing, read_sides
from tlsaudit.store.database import Database, open_database
from tlsaudit.store.errors import StoreError
from tlsaudit.store.measurements import read_measurements, write_measurements
from tlsaudit.store.notices import claim, confirm, forget, read_told
from tlsaudit.store.outages import read_open, read_outages, read_places, write_outages
from tlsaudit.store.outcomes import (
    Judged,
    Key,
    Outcomes,
    Outlined,
    Spoken,
    Tallies,
    read_faults,
    read_findings,
    read_messages,
    read_outcomes,
    read_outlines,
    read_seen,
    read_spoken,
    read_tallies,
)
from tlsaudit.store.past import Earlier
from tlsaudit.store.prune import FORGOTTEN, forget_audits
from tlsaudit.store.reachability import Window, read_reachability
from tlsaudit.store.reading import (
    audit_of,
    read_endpoints,
    read_evidence,
    read_known,
    read_links,
    read_missing,
    read_names,
    read_pinned,
    read_silent,
)
from tlsaudit.store.recording import Batch, Verdicts, content_row, intern
from tlsaudit.store.records import (
    Audit,
    Availability,
    Diff,
    EndpointKnown,
    EndpointSeen,
    EvidenceSeen,
    Outage,
    Pinned,
    PlacePeriod,
    Pruned,
    Told,
)
from tlsaudit.store.rounds import keep_round
from tlsaudit.store.spans import close, track_of
from tlsaudit.store.weeks import roll_up
from tlsaudit.target import Endpoint

_BATCH_LOOKS = 50
_BATCH_AGE_S = 1.0


class Store:
    """Records audits and reads them back. For one thread; several processes may share a database.

    Observations and findings are written in batches, each in one transaction: a killed audit loses its last second,
    and stays in the history as unfinished. Whatever reads sees what was added before. Iterators hold one row at a
    time. Every method raises StoreError where the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._verdicts = Verdicts()
        self._batch = Batch(self._verdicts)
        self._written_at = time.monotonic()
        self._running = False
        self._writing = asyncio.Lock()

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """Open the history at a SQLAlchemy URL and bring its tables up to date. Without `create` there must be one.

        Raises StoreError: no such folder or file, no database, not ours, or a newer tlsaudit's.
        """
        return cls(open_database(url, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._database.close()

    def begin(
        self,
        started_at: datetime,
        *,
        vantage: str,
        version: str,
        pinned: Pinned,
        targets: str | None = None,
        targets_digest: str | None = None,
    ) -> int:
        """Record that an audit has begun; the answer is its id."""
        content = content_row(body=canonical(asdict(pinned)))

        def work(connection: Connection) -> int:
            row = insert(schema.audits).values(
                started_at=started_at,
                vantage=vantage,
                version=version,
                targets=targets,
                targets_digest=targets_digest,
                pinned_id=intern(connection, schema.pinned, [content])[content["digest"]],
                track_id=track_of(connection, vantage, targets, pinned),
            )
            audit: int = connection.execute(row.returning(schema.audits.c.id)).scalar_one()
            return audit

        return self._database.write(work)

    @contextmanager
    def running(self, audit: int) -> Iterator[None]:
        """Hold an audit while it runs, or goes on. Raises StoreError where another process does.

        Meanwhile a database that goes away for up to a minute is waited for, and what is observed is written by
        `flush_apart`, or when it is read.
        """
        with self._database.claim_audit(audit):
            self._running = True
            try:
                yield
            finally:
                self._running = False

    def resume(self, audit: int, notes: Sequence[str]) -> None:
        """Let an audit that was not finished go on: with these notes, and without what it said beyond endpoints."""
        endpoints = select(schema.states.c.id).where(schema.states.c.endpoint_id.is_not(None))

        def work(connection: Connection) -> None:
            looks, audits = schema.looks.c, schema.audits.c
            connection.execute(delete(schema.looks).where(looks.audit_id == audit, looks.state_id.not_in(endpoints)))
            connection.execute(update(schema.audits).where(audits.id == audit).values(notes=canonical(notes)))

        self._database.write(work)

    def add_observation(
        self,
        audit: int,
        endpoint: Endpoint,
        observation: EndpointObservation,
        findings: Iterable[Finding] = (),
        *,
        headline: Sequence[Any] = (),
    ) -> None:
        """What was seen of one endpoint, and what the checks say of it. `headline` introduces it, as JSON values."""
        self._batch.add_observation(audit, endpoint, observation, findings, headline)
        if self.is_due and not self._running:
            self.flush()

    @property
    def is_due(self) -> bool:
        """Whether enough waits to be written, or for long enough."""
        return len(self._batch) >= _BATCH_LOOKS or time.monotonic() - self._written_at >= _BATCH_AGE_S

    def add_findings(
        self, audit: int, findings: Iterable[Finding], links: Mapping[str, LinkState | NotObserved] | None = None
    ) -> None:
        """Findings about what is beyond one endpoint, all of each subject, and what was seen of the links among it, by
        their ids. They may be judged from `evidence` while this runs.
        """
        judged = list(findings)
        self._batch.add_findings(audit, judged, links or {})
        self.flush()

    def flush(self) -> None:
        """Write what was added so far."""
        batch, self._batch = self._batch, Batch(self._verdicts)
        if batch:
            self._database.write(batch.write)
        self._written_at = time.monotonic()

    async def flush_apart(self) -> None:
        """The same in a thread: who is asked meanwhile is not kept waiting where the database is."""
        async with self._writing:
            batch, self._batch = self._batch, Batch(self._verdicts)
            if batch:
                written = asyncio.ensure_future(asyncio.to_thread(self._database.write, batch.write))
                try:
                    await asyncio.shield(written)
                finally:  # before anybody else may go on with this audit
                    if not written.done():
                        self._database.lose_patience()
                        await asyncio.gather(written, return_exceptions=True)
            self._written_at = time.monotonic()

    async def wait(self) -> None:
        """Until the database is there. Raises StoreError where that takes too long."""
        await asyncio.to_thread(self.audits)

    def finish(
        self,
        audit: int,
        finished_at: datetime,
        *,
        objectives: Sequence[Mapping[str, Any]] = (),
        summary: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
        not_measured: Collection[str] = (),
        moves: Sequence[Mapping[str, Any]] = (),
        paces: Mapping[str, tuple[float, float, float]] | None = None,
    ) -> None:
        """Mark an audit as finished, and roll up looks that have become old.

        Each objective is a JSON value with at least `id`, `status`, `share`, `value`; the figures of those
        `not_measured` by this audit, by id, are no part of their series. `moves` are the goalposts
        that moved since the audit before, as JSON values. `paces` are kept for whoever makes the forecasts again.
        """
        self.flush()
        rows = [
            {
                "audit_id": audit,
                "objective": objective["id"],
                "position": position,
                "status": objective["status"],
                "share": None if objective["id"] in not_measured else objective["share"],
                "value": None if objective["id"] in not_measured else objective["value"],
                "body": canonical(objective),
            }
            for position, objective in enumerate(objectives)
        ]
        end = {
            "finished_at": finished_at,
            "summary": canonical(summary or {}),
            "notes": canonical(notes),
            "moves": canonical(moves),
            "paces": canonical(paces or {}),
        }

        def work(connection: Connection) -> None:
            if connection.scalar(select(schema.audits.c.finished_at).where(schema.audits.c.id == audit)):
                return  # the database went away before it could say so
            insert_all(connection, schema.objectives, rows)
            found = close(connection, audit)
            keep_round(connection, audit)
            connection.execute(update(schema.audits).where(schema.audits.c.id == audit).values(end | found))

        self._database.write(work)
        self._database.write(roll_up)

    def prune(self, before: datetime, *, rehearsed: bool = False) -> Pruned:
        """Forget the audits that began before then, but for the last that was finished; the figures of objectives stay.
        Where it is `rehearsed`, only say how much that would be.
        """
        run = self._database.rehearse if rehearsed else self._database.write
        return run(lambda connection: forget_audits(connection, before))

    def compact(self) -> int:
        """Give the space of what was forgotten back to the file system; the answer is how many bytes, 0 where the
        database sees to it by itself. Takes as much space again meanwhile.
        """
        return self._database.compact()

    def audits(self) -> list[Audit]:
        """All audits that were not forgotten, newest first."""
        return self._audits()

    def _audits(self, *which: ColumnElement[bool]) -> list[Audit]:
        audits = schema.audits.c
        known = select(schema.audits).where(~FORGOTTEN, *which)
        statement = known.order_by(audits.started_at.desc(), audits.id.desc())
        with self._database.read() as connection:
            return [audit_of(row) for row in connection.execute(statement).mappings()]

    def audit(self, which: int | str, files: Collection[str | None] = ()) -> Audit:
        """The audit with this id; `latest`, the newest that was finished; or the newest whose start, as in
        `2026-10-01T02:10:00Z`, begins with `which`: a date will do. Where one of these targets files has such an audit,
        it is that file's. Raises StoreError where there is none.
        """
        # A number that a user gives may be larger than a database takes.
        audits = self._audits(schema.audits.c.id == which) if isinstance(which, int) else self.audits()
        if found := [audit for audit in audits if _is_called(audit, str(which))]:
            return next((audit for audit in found if audit.targets in files), found[0])
        raise StoreError("no audit was finished yet" if which == "latest" else f"there is no audit {which!r}")

    def moves(self, files: Collection[str]) -> list[tuple[datetime, list[dict[str, Any]]]]:
        """The start of each finished audit of some targets files, newest first, and the goalposts that it saw moved.
        Not those of an older tlsaudit, which did not look."""
        audits = schema.audits.c
        statement = (
            select(audits.started_at, audits.moves)
            .where(audits.targets.in_(files), audits.finished_at.is_not(None), audits.moves.is_not(None))
            .order_by(audits.started_at.desc(), audits.id.desc())
        )
        with self._database.read() as connection:
            return [(row.started_at, json.loads(row.moves)) for row in connection.execute(statement)]

    def paces(self, audit: int) -> dict[str, tuple[float, float, float]]:
        """As they were given to `finish`."""
        statement = select(schema.audits.c.paces).where(schema.audits.c.id == audit)
        with self._database.read() as connection:
            kept = json.loads(connection.scalar(statement) or "{}")
        return {of: (slowest, usual, quickest) for of, (slowest, usual, quickest) in kept.items()}

    def pinned(self, audit: int) -> Pinned:
        """What an audit was held against."""
        with self._database.read() as connection:
            return read_pinned(connection, audit)

    def endpoints(self, audit: int) -> Iterator[EndpointSeen]:
        """By id."""
        self.flush()
        with self._database.read() as connection:
            yield from read_endpoints(connection, audit)

    def known(self, audit: int) -> Iterator[EndpointKnown]:
        """The same without what was seen of them, which takes half as long."""
        self.flush()
        with self._database.read() as connection:
            yield from read_known(connection, audit)

    def names(self, audit: int) -> Iterator[str]:
        """The ids of the endpoints, in any order."""
        self.flush()
        with self._database.read() as connection:
            yield from read_names(connection, audit)

    def silent(self, audit: int) -> Iterator[tuple[str, str | None]]:
        """The ids of the endpoints that did not answer, in order, with the reason."""
        self.flush()
        with self._database.read() as connection:
            yield from read_silent(connection, audit)

    def findings(self, audit: int, checks: Collection[str] | None = None) -> Iterator[Finding]:
        """Those of all checks or of some, by kind of subject, subject and check."""
        if checks is None:
            for spoken in self.spoken(audit):
                yield from spoken.findings()
            return
        self.flush()
        with self._database.read() as connection:
            yield from read_findings(connection, audit, checks)

    def spoken(self, audit: int) -> Iterator[Spoken]:
        """All findings in the same order, subject by subject, in their parts: to make them takes longer than to read
        them.
        """
        self.flush()
        with self._database.read() as connection:
            yield from read_spoken(connection, audit)

    def outlines(self, audit: int) -> Iterator[Outlined]:
        """The same, but of what passes or does not apply only its check and outcome: it is read much faster."""
        self.flush()
        with self._database.read() as connection:
            yield from read_outlines(connection, audit)

    def faults(self, audit: int) -> Iterator[tuple[Subject, Sequence[Judged]]]:
        """What fails or is unknown of each subject of which anything is, without what is unknown of endpoints that did
        not answer."""
        self.flush()
        with self._database.read() as connection:
            yield from read_faults(connection, audit)

    def seen(self, audit: int) -> Iterator[tuple[EndpointSeen | None, Outlined]]:
        """All of it: of what is beyond services first, then of one service after another what is said of it, and its
        endpoints with what was seen of each."""
        self.flush()
        with self._database.read() as connection:
            yield from read_seen(connection, audit)

    def tallies(self, audit: int) -> Tallies:
        """All findings, counted: in less time than it takes to read any of them."""
        self.flush()
        with self._database.read() as connection:
            return read_tallies(connection, audit)

    def outcomes(
        self, audit: int, checks: Collection[str], whole: Collection[str] = (), *, places: Places | None = None
    ) -> Outcomes:
        """The findings of these checks. Those that are not `whole` are told in brief, but for what was excused: they
        are read much faster. `places` are those of the subjects, where the caller knows them.
        """
        self.flush()
        with self._database.read() as connection:
            return read_outcomes(connection, audit, checks, whole, places or Places())

    def messages(self, audit: int, about: Collection[Key]) -> Mapping[Key, str]:
        """What checks say of subjects."""
        self.flush()
        with self._database.read() as connection:
            return read_messages(connection, audit, about)

    def evidence(
        self, audit: int, kinds: Sequence[EvidenceType], *, beside: Sequence[int] = (), of: Sequence[str] | None = None
    ) -> Iterator[EvidenceSeen]:
        """By service, endpoint, audit and address, the evidence of these kinds, of one audit and of others `beside` it;
        of all endpoints, or `of` those with these ids, AT_ONCE by AT_ONCE. An endpoint of which none of the kinds was
        asked is left out; one without addresses is not.
        """
        self.flush()
        with self._database.read() as connection:
            yield from read_evidence(connection, [audit, *beside], kinds, of)

    def missing(self, audit: int, kinds: Sequence[EvidenceType]) -> Iterator[EvidenceSeen]:
        """The addresses at which any of these kinds was not observed, with why; without those that were, which takes
        much less time.
        """
        self.flush()
        with self._database.read() as connection:
            yield from read_missing(connection, audit, kinds)

    def links(self, audit: int) -> dict[str, LinkState | NotObserved]:
        """What an audit saw of each link, by its id."""
        self.flush()
        with self._database.read() as connection:
            return read_links(connection, audit)

    def earlier(self, audit: int, among: Collection[int] | None = None) -> Earlier:
        """Call it with an endpoint, an address and a type for what was seen there before this audit began, by these
        audits or by any.
        """
        return Earlier(self._database, audit, self.pinned(audit).renamed, among)

    def objectives(self, audit: int) -> list[dict[str, Any]]:
        """As they were given to `finish`, in that order."""
        columns = schema.objectives.c
        statement = select(columns.body).where(columns.audit_id == audit).order_by(columns.position)
        with self._database.read() as connection:
            return [json.loads(body) for body in connection.scalars(statement)]

    def series(
        self, objective: str, files: Collection[str | None] | None = None, vantage: str | None = None
    ) -> list[tuple[datetime, float]]:
        """An objective's share, or its value where it has no share, at the start of each audit in which it had one, of
        these targets files and this vantage or of any; oldest first. Those of forgotten audits are among them.
        """
        measured = func.coalesce(schema.objectives.c.share, schema.objectives.c.value)
        begun = schema.audits.c
        statement = (
            select(begun.targets, begun.vantage, begun.started_at, measured)
            .join(schema.objectives)
            .where(schema.objectives.c.objective == objective, measured.is_not(None))
            .order_by(begun.started_at, begun.id)
        )
        with self._database.read() as connection:
            return [
                (moment, figure)
                for file, place, moment, figure in connection.execute(statement)
                if (files is None or file in files) and vantage in (None, place)
            ]

    def record_measurements(self, measured: Iterable[RecordedMeasurement]) -> None:
        """Keep these figures, all or none; each in the place of an earlier one of the same name, fact and days."""
        items = list(measured)
        self._database.write(lambda connection: write_measurements(connection, items))

    def measurements(self, name: str, fact: str, until: date) -> list[RecordedMeasurement]:
        """The figures whose last day is `until` or before, oldest first; of the same last day by when they were
        measured.
        """
        with self._database.read() as connection:
            return read_measurements(connection, name, fact, until)

    def add_availability(self, items: Iterable[Availability], outages: Iterable[Outage] = ()) -> None:
        """Add these figures, all or none, to what is there of the same endpoints and hours; each of the outages takes
        the place of what was known of it before."""
        added, changed = list(items), list(outages)

        def work(connection: Connection) -> None:
            add_availability(connection, added)
            write_outages(connection, changed)

        self._database.write(work)

    def open_outages(self, vantage: str) -> list[Outage]:
        """Those whose end light looks from there have not seen."""
        with self._database.read() as connection:
            return read_open(connection, vantage)

    def outages(self, since: datetime, until: datetime) -> list[Outage]:
        """By light looks and by audits: those that began before `until` and were not over at `since`."""
        self.flush()
        with self._database.read() as connection:
            return read_outages(connection, since, until)

    def places(self, audit: int, endpoints: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
        """The services and sites of those of these endpoints that an audit knows."""
        self.flush()
        with self._database.read() as connection:
            return read_places(connection, audit, endpoints)

    def availability(self, since: datetime, until: datetime, endpoint: str | None = None) -> Iterator[Availability]:
        """By vantage, endpoint and time, of one endpoint or all: the spans that begin at `since` or later and before
        `until`."""
        with self._database.read() as connection:
            yield from read_availability(connection, since, until, endpoint)

    def reachability(self, audit: int, window: Window) -> Iterator[PlacePeriod]:
        """How the endpoints of an audit answered, by service, site and period, from each vantage."""
        self.flush()
        with self._database.read() as connection:
            yield from read_reachability(connection, audit, window)

    def merge_availability(self, before: datetime, vantage: str) -> None:
        """Keep days instead of hours of what was seen from there, of the days that are over by then."""
        self._database.write(lambda connection: merge_into_days(connection, before, vantage))

    def told(self) -> list[Told]:
        """Everything that was told and is not over, by address and key."""
        with self._database.read() as connection:
            return read_told(connection)

    def claim_notices(self, address: str, keys: Collection[str], now: datetime) -> set[str]:
        """Those of the keys that nobody has told at this address, or is about to tell. They are the caller's, who is
        to confirm them once they are told, or else to forget them; if that never comes, somebody else gets them after
        ten minutes.
        """
        return self._database.write(lambda connection: claim(connection, address, keys, now))

    def confirm_notices(self, address: str, keys: Sequence[str], now: datetime) -> None:
        """These were told."""
        self._database.write(lambda connection: confirm(connection, address, keys, now))

    def forget_notices(self, address: str, keys: Sequence[str]) -> None:
        """These are over, or were not told after all: they are news when they come again."""
        self._database.write(lambda connection: forget(connection, address, keys))

    def diff(self, before: Audit, after: Audit) -> Diff:
        """What changed between two finished audits. Raises StoreError where one was not finished."""
        return compare(*self.sides(before, after, whole=()))

    def sides(self, before: Audit, after: Audit, whole: Collection[str] | None = None) -> tuple[Side, Side]:
        """Two finished audits without what both have alike, see `differences`. Raises StoreError where one was not
        finished."""
        for audit in (before, after):
            _must_be_finished(audit)
        return self.differences(before.id, after.id, whole)

    def differences(self, before: int, after: int, whole: Collection[str] | None = None) -> tuple[Side, Side]:
        """Two audits, which may still run, by their ids, without what both have alike: findings with the same outcome
        that are excused in both or in neither, and of the checks that are `whole`, None: of all, say the same.
        """
        self.flush()
        with self._database.read() as connection:
            then, now = ((audit, read_pinned(connection, audit)) for audit in (before, after))
            return read_sides(connection, then, now, whole)

    def apart(self, audit: Audit, other: "Store", its: Audit) -> tuple[Side, Side]:
        """A finished audit and one of another history, without what both have alike. Raises StoreError where one was
        not finished."""
        both = ((self, audit), (other, its))
        for _, each in both:
            _must_be_finished(each)
        findings = differing(*(store.spoken(each.id) for store, each in both))
        before, after = ({seen.id for seen in store.endpoints(each.id)} for store, each in both)
        return (
            Side(self.pinned(audit.id), findings[0], before - after),
            Side(other.pinned(its.id), findings[1], after - before),
        )

    def side(self, audit: Audit) -> Side:
        """The whole of a finished audit, to compare with an audit document. Raises StoreError where it was not
        finished."""
        _must_be_finished(audit)
        return Side(
            self.pinned(audit.id), list(self.findings(audit.id)), {seen.id for seen in self.endpoints(audit.id)}
        )


def _must_be_finished(audit: Audit) -> None:
    if audit.finished_at is None:
        raise StoreError(f"audit {audit.id} was not finished: what it lacks is no change")


def _is_called(audit: Audit, which: str) -> bool:
    if which == "latest":
        return audit.finished_at is not None
    if which.isdecimal():
        return audit.id == int(which)
    return bool(which) and audit.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").startswith(which)
