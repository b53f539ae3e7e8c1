"""The server reads what is encrypted with the keys in its HTTPS records.

## Rationale
A browser that finds `ech` in an HTTPS record hides the host's name in the handshake (ECH, RFC 9849). Where the server
has another key, which happens when keys are rotated and the zone lags behind, it answers under the public name and
hands out its own; each first visit then costs a second handshake. Where it knows nothing of ECH, browsers must give up
hiding the name, and where the certificate for the public name cannot be believed either, they do not connect at all.

It takes one connection for each key, and none where no record has any: a handshake with the key, of which the server
proves that it has read it.

## Remediation
Serve each published key until the records that name it have expired (their TTL, and a margin), and publish a new one
only where all servers have it. Give the server a trusted certificate for the public name, too. Where nobody serves ECH,
take `ech` out of the records.

- zone: `www.example.org. HTTPS 1 . alpn="h2"`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import EchAttempt, EchOutcome, EncryptedHellos, HttpsRecords, NotObserved

_FAILED = {
    EchOutcome.REJECTED: "the key in DNS is stale: the server answers as {name} and hands out another",
    EchOutcome.IGNORED: "ech in DNS is ignored by the server, which answers as {name}",
    EchOutcome.REFUSED: "the server refuses what is encrypted for {name}",
}


@check(
    title="The server reads encrypted hellos",
    severity=Severity.MEDIUM,
    tags={"traffic-analysis"},
    references=("RFC 9849 section 6.1", "RFC 9849 section 7", "RFC 9849 section 8.1"),
    opt_in=True,
)
def ech_accepted(dns: HttpsRecords, hellos: EncryptedHellos) -> Iterator[Verdict]:
    if not hellos.attempts:
        yield not_applicable("no HTTPS record has ech" if dns.records else "no HTTPS record")
    for attempt in hellos.attempts:
        yield unknown(str(attempt)) if isinstance(attempt, NotObserved) else _judge(attempt)


def _judge(attempt: EchAttempt) -> Verdict:
    name = attempt.public_name
    if attempt.outcome is EchOutcome.ACCEPTED:
        return passed(f"the name is hidden: the network sees {name}", public_name=name)
    said = _FAILED[attempt.outcome].format(name=name)
    if attempt.detail:
        said += f" ({attempt.detail})"
    if attempt.distrust:
        said += f", and browsers will not connect: {attempt.distrust}"
    return failed(said, public_name=name, outcome=attempt.outcome.value)
