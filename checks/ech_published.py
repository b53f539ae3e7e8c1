"""Each HTTPS record has a key for Encrypted Client Hello that clients can use.

## Rationale
In every TLS handshake the name of the host travels in clear, unless it is encrypted with a key that the host's HTTPS
records publish (ECH, RFC 9849); the network then sees only the public name, which many hosts can share. Clients pass
over a configuration that they cannot read or whose algorithms they do not know, and the name travels in clear again.
Where one of several records has no key, an attacker needs only to leave the others unreachable.

A host without any key is not judged, unless `required` is set. ECH hides names, not addresses: it is worth as much as
the company that a host has at its address. And who reads the DNS query has the name all the same, unless that is
encrypted, too.

## Remediation
Publish what the server's ECH key pair was made with on each HTTPS record of the host, and write the record from the
same source as the server's configuration, since keys are rotated.

- zone: `www.example.org. HTTPS 1 . alpn="h2" ech="AEX+DQBB..."`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import EchConfig, EchError, HttpsRecord, HttpsRecords, parse_ech


@check(
    title="HTTPS records have keys for Encrypted Client Hello",
    severity=Severity.LOW,
    tags={"dns", "traffic-analysis"},
    references=("RFC 9849 section 4", "RFC 9848 section 3", "RFC 9848 section 4"),
)
def ech_published(dns: HttpsRecords, *, required: bool = False) -> Iterator[Verdict]:
    with_ech = [record for record in dns.records if record.ech is not None]
    if not with_ech:
        none = "no HTTPS record has ech" if dns.records else "no HTTPS record"
        yield failed(none) if required else not_applicable(none)
        return
    lacking = len(dns.records) - len(with_ech)
    if lacking:
        yield failed(f"{lacking} of {len(dns.records)} HTTPS records lack ech")
    faults = dict.fromkeys(fault for record in with_ech if (fault := _fault(record)))
    for fault in faults:
        yield failed(fault)
    if not (lacking or faults):
        names = list(dict.fromkeys(config.public_name for record in with_ech for config in _usable(record)))
        yield passed(f"ech on all HTTPS records; the network sees {', '.join(names)}", public_names=names)


def _fault(record: HttpsRecord) -> str | None:
    """Why no client can use what a record has."""
    try:
        configs = parse_ech(record.ech or "")
    except EchError as error:
        return f"ech cannot be read: {error}"
    faults = [config.fault for config in configs]
    return None if None in faults else f"clients pass ech over: {faults[0]}"


def _usable(record: HttpsRecord) -> list[EchConfig]:
    return [config for config in parse_ech(record.ech or "") if config.fault is None]
