"""An early ChangeCipherSpec is refused (CCS injection).

## Rationale
OpenSSL up to 1.0.1g accepts ChangeCipherSpec before there are keys, and then makes keys out of nothing. Whoever sits
between such a server and a client with the same fault reads and changes what they say. It is looked for with `--deep`
only, by sending that message too early.

## Remediation
Upgrade OpenSSL to 0.9.8za, 1.0.0m, 1.0.1h or newer, and restart what uses it.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import DeepScan, NotObserved


@check(
    title="Not vulnerable to CCS injection",
    severity=Severity.HIGH,
    tags={"tls", "deep"},
    references=("CVE-2014-0224", "RFC 5246 section 7.1"),
)
def ccs_injection(deep: DeepScan) -> Iterator[Verdict]:
    found = deep.ccs_injection
    if isinstance(found, NotObserved):
        yield unknown(str(found))
    elif found:
        yield failed("ChangeCipherSpec is accepted before there are keys (CCS injection)", scanner=deep.scanner)
    else:
        yield passed("an early ChangeCipherSpec is refused", scanner=deep.scanner)
