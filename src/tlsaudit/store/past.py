"""What earlier audits saw of one endpoint: a few of them, so that the cost does not grow with the history."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from tlsaudit.check import SubjectKind
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved
from tlsaudit.store import schema
from tlsaudit.store.codec import EncodedEvidence, decode_evidence, unpack, unpack_samples
from tlsaudit.store.database import Database
from tlsaudit.store.errors import StoreError
from tlsaudit.store.recording import content_row

MOST = 10
"""Earlier audits that are looked at."""

APART = timedelta(hours=20)
"""The least time between two of them: the last ten days of daily audits, and at least a week of hourly ones."""


class Earlier:
    """What was seen before one audit began, by those `among` the audits, None: by any.

    Finished audits count alone: one that was interrupted is made up for by the next, which saw the same soon after.
    """

    def __init__(
        self, database: Database, audit: int, renamed: Mapping[str, str], among: Collection[int] | None = None
    ) -> None:
        self._database = database
        self._audit = audit
        self._among = among
        self._audits: dict[EvidenceType, list[int]] = {}
        self._former: dict[str, list[str]] = defaultdict(list)
        for was, now in renamed.items():
            self._former[now].append(was)

    def __call__(self, endpoint: str, address: str, kind: EvidenceType, vantage: str | None = None) -> list[Evidence]:
        """The evidence of this type at one address of an endpoint, also from before its host was renamed, newest first,
        at most MOST; in audits from several vantages, what was seen from one of them. What another version recorded and
        this one cannot read is left out. Raises StoreError where the database fails.
        """
        if kind not in self._audits:
            with self._database.read(at_once=True) as connection:
                known = _audits_with(connection, self._audit, kind)
                self._audits[kind] = list(
                    spread(each for each in known if self._among is None or each[0] in self._among)
                )
        if not self._audits[kind]:
            return []
        with self._database.read(at_once=True) as connection:
            ids = [endpoint, *self._former.get(endpoint, ())]
            return list(_evidence(connection, self._audits[kind], ids, (address, vantage), kind))


def _audits_with(connection: Connection, audit: int, kind: EvidenceType) -> Iterator[tuple[int, datetime]]:
    """The finished audits before this one that saw evidence of this type, newest first, with their starts."""
    audits = schema.audits.c
    begun = select(audits.started_at).where(audits.id == audit).scalar_subquery()
    statement = (
        select(audits.id, audits.started_at, audits.kinds)
        .where(audits.started_at < begun, audits.finished_at.is_not(None))
        .order_by(audits.started_at.desc(), audits.id.desc())
    )
    for row in connection.execute(statement).all():
        if kind.__name__ in json.loads(row.kinds):
            yield row.id, row.started_at


def spread(audits: Iterable[tuple[int, datetime]]) -> Iterator[int]:
    taken: list[datetime] = []
    for audit, started_at in audits:
        if not taken or taken[-1] - started_at >= APART:
            taken.append(started_at)
            yield audit
        if len(taken) == MOST:
            return


def _seen_of() -> Select[Any]:
    looks, states, shown, evidence = schema.looks.c, schema.states.c, schema.state_evidence.c, schema.evidence.c
    # As a join, SQLite would go through all looks of each audit.
    of_subjects = (
        select(states.id)
        .join(schema.subjects)
        .where(schema.subjects.c.digest.in_(bindparam("subjects", expanding=True)))
    )
    return (
        select(
            looks.audit_id,
            looks.observed_at,
            looks.samples,
            schema.endpoints.c.host,
            schema.endpoints.c.seen,
            shown.position,
            shown.slot,
            evidence.kind,
            evidence.body,
        )
        .select_from(schema.looks)
        .join(schema.states)
        .join(schema.endpoints)
        .join(schema.state_evidence, shown.state_id == states.id)
        .join(schema.evidence)
        .where(
            looks.audit_id.in_(bindparam("audits", expanding=True)),
            looks.state_id.in_(of_subjects),
            evidence.kind == bindparam("kind"),
            evidence.observed,
        )
    )


_SEEN_OF = _seen_of()
"""Made once: it is asked for each endpoint, and making it takes longer than the answer."""


def _evidence(
    connection: Connection, audits: Sequence[int], ids: Sequence[str], place: tuple[str, str | None], kind: EvidenceType
) -> Iterator[Evidence]:
    subjects = [content_row(kind=SubjectKind.ENDPOINT.value, subject=each)["digest"] for each in ids]
    found = connection.execute(_SEEN_OF, {"subjects": subjects, "audits": audits, "kind": kind.__name__})
    rows = [row for row in found if _place(json.loads(row.seen), row.position) == place]
    for row in sorted(rows, key=lambda row: audits.index(row.audit_id)):
        sample = unpack_samples(row.samples)[row.slot]
        with suppress(StoreError):
            encoded = EncodedEvidence(row.kind, observed=True, body=unpack(row.body), sample=sample)
            item = decode_evidence(encoded, row.observed_at, row.host)
            if not isinstance(item, NotObserved):
                yield item


def _place(seen: Mapping[str, Any], position: int) -> tuple[str, str | None]:
    """The address, and from where it was looked at, in an audit from several vantages."""
    return seen["addresses"][position], seen["vantages"][position] if "vantages" in seen else None
