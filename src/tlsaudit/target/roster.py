"""Endpoints by the hundred thousand, in little memory: columns of what each has alone, and once what many share."""

from array import array
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import overload

from tlsaudit.target.columns import Index, Pool, Texts
from tlsaudit.target.endpoint import Endpoint, Location
from tlsaudit.target.name import is_address


class _Columns:
    def __init__(self) -> None:
        self.hosts = Texts()
        self.addresses = Texts()
        self.ports = array("H")
        self.services = array("I")
        self.owners = array("I")
        self.shapes = array("I")
        self.lines = array("I")
        self.columns = array("I")
        self.names = Pool()
        self.shape_of: dict[Hashable, int] = {}
        self.shared: list[Endpoint] = []
        self.affixes: list[tuple[str, str]] = []

    def add(self, endpoint: Endpoint) -> None:
        location = endpoint.location
        # The endpoint that is kept for its shape keeps the route and the weights, so that their ids stay theirs.
        shape = (
            endpoint.http_port,
            endpoint.site,
            endpoint.pages,
            id(endpoint.route),
            endpoint.starttls,
            endpoint.sample,
            id(endpoint.weights),
            endpoint.was,
            location and location.file,
            endpoint.web,
        )
        number = self.shape_of.setdefault(shape, len(self.shared))
        if number == len(self.shared):
            self.shared.append(endpoint)
            scheme, site = endpoint.starttls, endpoint.site
            self.affixes.append((f"{scheme}://" if scheme else "", f"@{site}" if site else ""))
        self.hosts.append(endpoint.host)
        self.addresses.append(" ".join(endpoint.addresses))
        self.ports.append(endpoint.port)
        self.services.append(self.names.number(endpoint.service))
        self.owners.append(self.names.number(endpoint.owner))
        self.shapes.append(number)
        self.lines.append(location.line if location else 0)
        self.columns.append(location.column if location else 0)

    def close(self) -> None:
        """No endpoint is added any more."""
        self.names.close()
        self.shape_of.clear()

    def id(self, row: int) -> str:
        before, after = self.affixes[self.shapes[row]]
        host = self.hosts[row]
        host = f"[{host}]" if ":" in host else host
        return f"{before}{host}:{self.ports[row]}{after}"

    def location(self, row: int) -> Location | None:
        like = self.shared[self.shapes[row]].location
        return like and Location(like.file, self.lines[row], self.columns[row])

    def endpoint(self, row: int) -> Endpoint:
        like = self.shared[self.shapes[row]]
        return Endpoint(
            self.hosts[row],
            self.ports[row],
            like.http_port,
            self.names.values[self.services[row]],
            like.site,
            self.names.values[self.owners[row]],
            like.pages,
            like.route,
            like.starttls,
            like.sample,
            like.weights,
            like.was,
            self.location(row),
            like.web,
            tuple(self.addresses[row].split()),
        )

    def kind(self, row: int) -> int:
        """One number: a tuple of the two takes more than twice as much."""
        return self.shapes[row] << 32 | self.services[row]


class Roster(Sequence[Endpoint]):
    """Endpoints in an order; each is made anew when its turn comes. What is taken of a roster shares its columns."""

    __slots__ = ("_columns", "_hosts", "_index", "_rows")

    def __init__(self, endpoints: Iterable[Endpoint] = ()) -> None:
        self._columns = _Columns()
        for endpoint in endpoints:
            self._columns.add(endpoint)
        self._columns.close()
        self._rows: Sequence[int] = range(len(self._columns.ports))
        self._hosts: Index | None = None
        self._index: Index | None = None

    @classmethod
    def of(cls, endpoints: Iterable[Endpoint]) -> "Roster":
        """The same, where it is one already."""
        return endpoints if isinstance(endpoints, Roster) else cls(endpoints)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Endpoint]:
        return map(self._columns.endpoint, self._rows)

    @overload
    def __getitem__(self, number: int) -> Endpoint: ...
    @overload
    def __getitem__(self, number: slice) -> "Roster": ...
    def __getitem__(self, number: int | slice) -> "Endpoint | Roster":
        if isinstance(number, slice):
            return self._taken(self._rows[number])
        return self._columns.endpoint(self._rows[number])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def picked(self, numbers: Iterable[int]) -> "Roster":
        """Those at these places, in this order."""
        if isinstance(numbers, range) and numbers.step == 1:
            return self._taken(self._rows[numbers.start : numbers.stop])
        return self._taken(array("I", map(self._rows.__getitem__, numbers)))

    def _taken(self, rows: Sequence[int]) -> "Roster":
        taken = Roster.__new__(Roster)
        taken._columns, taken._rows, taken._hosts, taken._index = self._columns, rows, None, None
        return taken

    def id(self, number: int) -> str:
        """Of the endpoint at this place."""
        return self._columns.id(self._rows[number])

    def ids(self) -> Iterator[str]:
        """Of each, which takes a quarter of the time that it takes to make it."""
        return map(self._columns.id, self._rows)

    def kinds(self) -> Iterator[Endpoint]:
        """One of each kind: those of a kind differ in nothing but host, port, owner, addresses and where they are
        written."""
        columns = self._columns
        seen: set[int] = set()
        for row in self._rows:
            if (kind := columns.kind(row)) not in seen:
                seen.add(kind)
                yield columns.endpoint(row)

    def alike(self) -> Iterator[tuple[Endpoint, "array[int]"]]:
        """One of each sort and the places of that sort. These differ in nothing but service, owner, addresses,
        where they are written and how the host is called, which is by a name or by an address."""
        columns = self._columns
        sorts: dict[tuple[int, int, bool], array[int]] = {}
        for number, row in enumerate(self._rows):
            sort = columns.shapes[row], columns.ports[row], is_address(columns.hosts[row])
            sorts.setdefault(sort, array("I")).append(number)
        for numbers in sorts.values():
            yield self[numbers[0]], numbers

    def sites(self) -> frozenset[str | None]:
        """Those of all endpoints, each once; None of what is at no site."""
        columns = self._columns
        return frozenset({columns.shared[shape].site for shape in {columns.shapes[row] for row in self._rows}})

    def owners(self) -> set[str | None]:
        """Those of all endpoints, each once."""
        columns = self._columns
        return {columns.names.values[owner] for owner in {columns.owners[row] for row in self._rows}}

    def owned(self) -> Iterator[tuple[str, str | None]]:
        """The services that are named, in their order: each when it first is, and again when first with an owner."""
        columns = self._columns
        names = columns.names.values
        seen = bytearray(len(names))
        for row in self._rows:
            number, owner = columns.services[row], names[columns.owners[row]]
            now = 2 if owner else 1
            if (service := names[number]) and seen[number] < now:
                seen[number] = now
                yield service, owner

    def places(self) -> Iterator[tuple[str | None, str | None, str, int, tuple[str, ...]]]:
        """Service, site, host, port and addresses of each, which takes a third of the time that making it does."""
        columns = self._columns
        names = columns.names.values
        for row in self._rows:
            site, addresses = columns.shared[columns.shapes[row]].site, tuple(columns.addresses[row].split())
            yield names[columns.services[row]], site, columns.hosts[row], columns.ports[row], addresses

    def find(self, name: str) -> int | None:
        """The place of the endpoint with an id; None where there is none."""
        if self._index is None:
            self._index = Index((each, number) for number, each in enumerate(self.ids()))
        for number in self._index.rows(name):
            if self._columns.id(self._rows[number]) == name:
                return number
        return None

    def of_host(self, host: str) -> Iterator[int]:
        """The places of the endpoints of a host."""
        hosts = self._columns.hosts
        if self._hosts is None:
            self._hosts = Index((hosts[row], number) for number, row in enumerate(self._rows))
        return (number for number in self._hosts.rows(host) if hosts[self._rows[number]] == host)

    def location(self, number: int) -> Location | None:
        """Where the endpoint at this place is written."""
        return self._columns.location(self._rows[number])

    def repeated(self) -> Iterator[list[int]]:
        """The places of endpoints that have the same id."""
        for some in Index((each, number) for number, each in enumerate(self.ids())).shared():
            by_id: dict[str, list[int]] = {}
            for number in some:
                by_id.setdefault(self._columns.id(self._rows[number]), []).append(number)
            yield from (numbers for numbers in by_id.values() if len(numbers) > 1)

    def without(self, numbers: Collection[int]) -> "Roster":
        """All but those at these places."""
        left_out = frozenset(numbers)
        return self.picked(number for number in range(len(self)) if number not in left_out) if left_out else self
