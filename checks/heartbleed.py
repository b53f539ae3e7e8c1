"""The server's memory cannot be read with heartbeats (Heartbleed).

## Rationale
OpenSSL 1.0.1 to 1.0.1f answers a TLS heartbeat that lies about its length with up to 64 KB of the server's memory:
private keys, passwords, other people's requests. The attack takes one packet and leaves no trace in the logs. It is
looked for with `--deep` only, by sending such a heartbeat.

## Remediation
Upgrade OpenSSL to 1.0.1g or newer and restart what uses it. Then treat the private key as known to others: make a new
one, revoke the certificate, and change the passwords that the server has seen.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import DeepScan, NotObserved


@check(
    title="Not vulnerable to Heartbleed",
    severity=Severity.CRITICAL,
    tags={"tls", "deep"},
    references=("CVE-2014-0160", "RFC 6520 section 4"),
)
def heartbleed(deep: DeepScan) -> Iterator[Verdict]:
    found = deep.heartbleed
    if isinstance(found, NotObserved):
        yield unknown(str(found))
    elif found:
        yield failed("a heartbeat reads the server's memory (Heartbleed)", scanner=deep.scanner)
    else:
        yield passed("no answer to a heartbeat that lies", scanner=deep.scanner)
