"""What a scan finds, out of the way until it is reported: in a temporary file once it is much."""

import pickle
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from tempfile import SpooledTemporaryFile, gettempdir
from types import TracebackType
from typing import Any, Self

from tlsaudit.app.records import endpoint_record, location_record, severity_name
from tlsaudit.check import Finding
from tlsaudit.errors import UserError
from tlsaudit.evidence import EndpointObservation
from tlsaudit.report.document import (
    OPEN,
    AvailabilityRecord,
    EndpointRecord,
    FindingRecord,
    Header,
    SubjectRecord,
)
from tlsaudit.report.view import AuditView, Outline, Quiet, Seen, opened, visit_of
from tlsaudit.target import Endpoint, Roster

_IN_MEMORY = 8 << 20  # bytes
_QUICKLY = 1


class Spool:
    """Keeps what was found of each of these endpoints, and gives it back in their order."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = Roster.of(endpoints)
        nothing = bytes(len(endpoints) * 8)
        self._places, self._seen, self._told = array("Q", nothing), array("Q", nothing), array("Q", nothing)
        self._file = SpooledTemporaryFile(_IN_MEMORY, prefix="tlsaudit-")  # noqa: SIM115  it is closed with this

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written is nobody's business any more
            self._file.close()

    def add(self, endpoint: Endpoint, observation: EndpointObservation, findings: Sequence[Finding]) -> EndpointRecord:
        """The answer is its record. Raises UserError where the disk is full."""
        record = endpoint_record(endpoint, observation)
        # Plain values are read ten times as fast as findings would be.
        said = [_plain(item) for item in findings]
        seen, told = _packed(record), _packed(said)
        number = self._number(endpoint)
        self._places[number], self._seen[number], self._told[number] = self._file.tell(), len(seen), len(told)
        try:
            self._file.write(seen + told)
        except OSError as error:
            why = f"what a scan finds cannot be kept there: {error.strerror}"
            raise UserError(f"{gettempdir()}: {why}: make room, or set TMPDIR to a folder that has some") from error
        return record

    @property
    def endpoints(self) -> Roster:
        return self._endpoints

    def record(self, endpoint: Endpoint) -> EndpointRecord:
        number = self._number(endpoint)
        record: EndpointRecord = self._read(self._places[number], self._seen[number])
        return record

    def said(self, endpoint: Endpoint) -> list[tuple[Any, ...]]:
        """Check, outcome, severity, address, message, further messages, facts and waiver of each finding."""
        number = self._number(endpoint)
        said: list[tuple[Any, ...]] = self._read(self._places[number] + self._seen[number], self._told[number])
        return said

    def _number(self, endpoint: Endpoint) -> int:
        number = self._endpoints.find(endpoint.id)
        assert number is not None
        return number

    def _read(self, place: int, size: int) -> Any:
        self._file.seek(place)
        return pickle.loads(zlib.decompress(self._file.read(size)))  # noqa: S301  we wrote it


def _plain(item: Finding) -> tuple[Any, ...]:
    return (
        item.check,
        item.outcome.value,
        severity_name(item.severity),
        item.address,
        item.message,
        [*item.also],
        {**item.facts},
        item.waiver,
    )


def _packed(value: object) -> bytes:
    return zlib.compress(pickle.dumps(value), _QUICKLY)


class SpoolView(AuditView):
    """A scan, as renderers read it."""

    def __init__(self, header: Header, found: Spool) -> None:
        self.header = header
        self.objectives = []
        self._found = found

    def endpoints(self) -> Iterator[EndpointRecord]:
        return map(self._found.record, self._found.endpoints)

    def findings(self) -> Iterator[FindingRecord]:
        for endpoint in self._found.endpoints:
            yield from _records(endpoint, self._found.said(endpoint))

    def outlines(self) -> Iterator[Outline]:
        return map(self._outline, self._found.endpoints)

    def seen(self) -> Iterator[Seen]:
        for endpoint in sorted(self._found.endpoints, key=lambda each: (each.service is None, each.service or "")):
            yield visit_of(self._found.record(endpoint)), self._outline(endpoint)

    def _outline(self, endpoint: Endpoint) -> Outline:
        said = self._found.said(endpoint)
        found = [opened(item) for item in _records(endpoint, [item for item in said if item[1] in OPEN])]
        quiet = tuple(Quiet(check, severity, outcome) for check, outcome, severity, *_ in said if outcome not in OPEN)
        return Outline(SubjectRecord(kind="endpoint", id=endpoint.id), endpoint.id, found, quiet)

    def availability(self) -> Iterator[AvailabilityRecord]:
        return iter(())


def _records(endpoint: Endpoint, said: Sequence[tuple[Any, ...]]) -> Iterator[FindingRecord]:
    subject, location = SubjectRecord(kind="endpoint", id=endpoint.id), location_record(endpoint.location)
    for check, outcome, severity, address, message, also, facts, waiver in said:
        yield FindingRecord(
            check=check,
            subject=subject,
            endpoint=endpoint.id,
            address=address,
            outcome=outcome,
            severity=severity,
            message=message,
            also=also,
            facts=facts,
            waiver=waiver,
            location=location,
        )
