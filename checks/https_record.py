"""HTTPS records say what the server does.

## Rationale
An HTTPS record (RFC 9460) tells a browser before it connects which protocols the host speaks, at which port and
addresses, and with which key to encrypt the host's name in the handshake (ECH). It is written once, and the server goes
on changing: a protocol that is no longer spoken costs attempts, one that is missing is never used, as is h2 where the
record has other things to say and leaves `alpn` out; hints that are not the host's addresses send the first connection
astray. A mandatory key that browsers do not know makes them ignore the record. The key for ECH is ech-published's to
judge.

## Remediation
Write the record from the same source as the server's configuration. Leave hints out where nobody keeps them in step.

- zone: `www.example.org. HTTPS 1 . alpn="h2"`
"""

from collections.abc import Iterator, Sequence

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import HttpsRecord, HttpsRecords, NotObserved, TlsFeatures

_H2, _HTTP1 = "h2", "http/1.1"
_TAKES_ANYTHING = "tlsaudit/unknown"
# mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint: those that all browsers with HTTPS records know.
_KNOWN_KEYS = frozenset(range(7))


@check(
    title="HTTPS records say what the server does",
    severity=Severity.LOW,
    tags={"dns", "http"},
    references=("RFC 9460 section 7", "RFC 9460 section 8", "RFC 9460 section 9"),
)
def https_record(dns: HttpsRecords, tls: TlsFeatures, *, required: bool = False) -> Iterator[Verdict]:
    if not dns.records:
        yield failed("no HTTPS record") if required else not_applicable("no HTTPS record")
        return
    faults = [fault for record in dns.records for fault in _faults(record)]
    read = [record for record in dns.records if _is_read(record)]
    faults += _disagreements([record for record in read if record.port in (None, dns.port)], tls)
    for fault in dict.fromkeys(faults):
        yield failed(fault)
    elsewhere = next((record.port for record in dns.records if record.port not in (None, dns.port)), None)
    missing = next((each.addresses for each in dns.records if isinstance(each.addresses, NotObserved)), None)
    if elsewhere and not faults:
        yield unknown(f"the HTTPS record leads to port {elsewhere}, which was not asked: name it as a target, too")
    elif missing and not faults:
        yield unknown(str(missing))
    elif not faults:
        alpn = list(dict.fromkeys(name for record in dns.records for name in _offered(record)))
        yield passed("HTTPS records agree with the server", alpn=alpn)


def _offered(record: HttpsRecord) -> tuple[str, ...]:
    """RFC 9460 section 7.1.2."""
    return record.alpn if record.no_default_alpn else tuple(dict.fromkeys((*record.alpn, _HTTP1)))


def _is_read(record: HttpsRecord) -> bool:
    return _KNOWN_KEYS.issuperset(record.mandatory)


def _faults(record: HttpsRecord) -> Iterator[str]:
    if not _is_read(record):
        key = next(key for key in record.mandatory if key not in _KNOWN_KEYS)
        yield f"the HTTPS record demands that clients know key{key}: browsers ignore it"
        return
    if isinstance(record.addresses, tuple):
        hints = (*record.ipv4_hints, *record.ipv6_hints)
        if not record.addresses:
            yield f"the HTTPS record leads to {record.target}, which has no address"
        elif astray := [hint for hint in hints if hint not in record.addresses]:
            yield f"the HTTPS record hints at {astray[0]}, which is no address of {record.target}"


def _disagreements(records: Sequence[HttpsRecord], tls: TlsFeatures) -> Iterator[str]:
    """Of one port. Clients go on to the next record where one is of no use to them (RFC 9460 section 3)."""
    if not records or _TAKES_ANYTHING in tls.alpn:
        return
    spoken = tls.alpn or (_HTTP1,)
    offered = tuple(dict.fromkeys(name for record in records for name in _offered(record)))
    if _H2 in offered and _H2 not in spoken:
        yield "the HTTPS record offers h2, which the server does not speak"
    if _H2 in spoken and _H2 not in offered:
        yield "the server speaks h2, which the HTTPS record does not offer"
    if not set(offered).intersection(spoken):
        yield f"of what the HTTPS record offers ({', '.join(offered)}) the server speaks nothing over TCP"
