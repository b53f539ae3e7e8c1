"""A DNS zone file (RFC 1035 section 5): each name with an address, and who takes the zone's mail."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from tlsaudit.target.inventory.entry import InventoryEntry
from tlsaudit.target.problem import Problem, TargetsError, shown

_LOOKS = re.compile(r"^\s*\$(ORIGIN|TTL)\s|\sIN\s+SOA\s", re.IGNORECASE | re.MULTILINE)
_ERROR = re.compile(r".*?:(\d+): (.*)", re.DOTALL)
_ADDRESS = ("A", "AAAA", "CNAME", "HTTPS")


def looks_like_zone(text: str) -> bool:
    return _LOOKS.search(text[: 1 << 14]) is not None


def read_zone(text: str, name: str) -> Iterator[InventoryEntry]:
    """`host` for each name that has an address, is an alias or has an HTTPS record (RFC 9460), and `smtp://host` for
    each mail exchanger within the zone. Names with a label that begins with an underscore are no hosts (RFC 8552).

    Raises TargetsError.
    """
    import dns.exception
    import dns.name
    import dns.rdataclass
    import dns.rdatatype
    import dns.tokenizer
    import dns.zone
    import dns.zonefile

    kinds = {dns.rdatatype.from_text(kind) for kind in _ADDRESS}
    lines: dict[dns.name.Name, int] = {}
    exchanges: dict[dns.name.Name, int] = {}
    # The reader is behind the end of the line when it has read a record.
    tokens = dns.tokenizer.Tokenizer(text.removesuffix("\n") + "\n", name)

    def note(_: object, owner: dns.name.Name, records: "dns.rdataset.Rdataset") -> None:
        line = tokens.where()[1] - 1
        if records.rdtype in kinds:
            lines.setdefault(owner, line)
        elif records.rdtype == dns.rdatatype.MX:
            for record in records:
                exchanges.setdefault(record.exchange, line)

    try:
        zone = dns.zone.Zone(_origin(text, name), dns.rdataclass.IN, relativize=False)
        with zone.writer(replacement=True) as writing:
            writing.check_put_rdataset(note)
            dns.zonefile.Reader(tokens, dns.rdataclass.IN, writing, allow_include=False).read()
    except dns.exception.DNSException as error:
        raise TargetsError(name, [_problem(error, text.count("\n", 0, -1) + 1)]) from None
    for owner, line in lines.items():
        host = owner.to_text(omit_final_dot=True)
        if not any(label.startswith(b"_") for label in owner.labels):
            yield InventoryEntry(host, line)
    for exchange, line in exchanges.items():
        if exchange in lines:
            yield InventoryEntry(f"smtp://{exchange.to_text(omit_final_dot=True)}", line)


def _origin(text: str, name: str) -> str | None:
    """What relative names are of where the file does not say: what the file is called, as name servers call theirs."""
    if re.search(r"^\s*\$ORIGIN\s", text, re.IGNORECASE | re.MULTILINE):
        return None
    stem = re.sub(r"^db\.|\.(zone|db|txt)$", "", PurePath(name).name)
    return f"{stem}." if "." in stem else None


def _problem(error: Exception, lines: int) -> Problem:
    import dns.zonefile

    if isinstance(error, dns.zonefile.UnknownOrigin):
        return Problem(
            1, 1, "of which zone is this? Begin with $ORIGIN example.org., or call the file example.org.zone"
        )
    said = _ERROR.fullmatch(str(error))
    line, why = (min(int(said[1]), lines), said[2]) if said else (0, str(error))
    if "$INCLUDE" in why:
        return Problem(line, 1, "$INCLUDE is not followed: name the other file, too")
    return Problem(line, 1, f"this is no zone file: {shown(why) or 'it cannot be read'}")
