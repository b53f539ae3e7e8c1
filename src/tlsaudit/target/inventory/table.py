"""A table with a header: CSV (RFC 4180), also with semicolons or tabs between the columns."""

import csv
import re
from collections.abc import Iterator, Mapping

from tlsaudit.target.inventory.entry import InventoryEntry
from tlsaudit.target.problem import Problem, TargetsError, did_you_mean

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "host": ("host", "hostname", "fqdn", "domain", "dns_name", "name", "url", "target", "endpoint"),
    "port": ("port",),
    "starttls": ("starttls", "protocol"),
    "service": ("service", "application", "app"),
    "owner": ("owner", "team", "contact"),
    "site": ("site", "datacenter", "data_center", "location"),
    "address": ("address", "addresses", "ip", "ip_address"),
}
"""The columns that are read, and by which other names each is known. The first name that the header has counts."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")

_DIRECT = ("", "https", "tls", "ssl", "http", "tcp")
"""Of the column `starttls`: TLS from the first byte."""


def read_table(text: str, name: str) -> Iterator[InventoryEntry]:
    """An entry a row. Raises TargetsError where there is no column of hosts, or no table."""
    first = text.lstrip().partition("\n")[0]
    lines = (line[0] for line in _LINE.finditer(text))  # a StringIO would take four bytes for each character
    rows = csv.reader(lines, delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in next(rows, [])]
        where = {
            column: header.index(known)
            for column, names in COLUMNS.items()
            if (known := next((each for each in names if each in header), None))
        }
        if "host" not in where:
            near = next((hint for cell in header if (hint := did_you_mean(cell, COLUMNS["host"]))), "")
            problem = (
                f"no column is called host{near or ': name the columns in the first line, such as host,port,owner'}"
            )
            raise TargetsError(name, [Problem(1, 1, problem)])
        for row in rows:
            cells = {column: row[index].strip() for column, index in where.items() if index < len(row)}
            if any(cells.values()):
                yield _entry(cells, rows.line_num)
    except csv.Error as error:
        raise TargetsError(name, [Problem(max(rows.line_num, 1), 1, f"this is no table: {error}")]) from None


def _entry(cells: Mapping[str, str], line: int) -> InventoryEntry:
    target, port, protocol = cells.get("host", ""), cells.get("port", ""), cells.get("starttls", "").lower()
    if port and target.count(":") > 1 and not target.startswith("["):
        target = f"[{target}]"
    if port:
        target = f"{target}:{port}"
    if "://" not in target and protocol not in _DIRECT:
        target = f"{protocol}://{target}"
    return InventoryEntry(
        target,
        line,
        owner=cells.get("owner") or None,
        service=cells.get("service") or None,
        site=cells.get("site") or None,
        addresses=tuple(cells.get("address", "").replace(",", " ").replace(";", " ").split()),
    )


def looks_like_table(text: str) -> bool:
    """Whether the first line names a column of hosts and another one."""
    first = next((line for line in text.splitlines() if line.strip()), "").lower()
    cells = [cell.strip(' "\ufeff') for cell in first.replace(";", ",").replace("\t", ",").split(",")]
    return len(cells) > 1 and any(cell in COLUMNS["host"] for cell in cells)
