"""A client cannot make the server renegotiate again and again.

## Rationale
A renegotiation costs the server many times what it costs the client, so one client that asks for it again and again
over a single connection ties up a processor. A server that allows a few and then closes passes; TLS 1.3 has none. It is
looked for with `--deep` only.

## Remediation
Current servers refuse it by themselves: upgrade, or switch it off where the server has an option for it.

- nginx: `ssl_conf_command Options NoRenegotiation;`
- apache: `SSLOpenSSLConfCmd Options NoRenegotiation`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import DeepScan, NotObserved


@check(
    title="Clients cannot renegotiate without end",
    severity=Severity.MEDIUM,
    tags={"tls", "deep"},
    references=("CVE-2011-1473", "RFC 9325 section 3.5"),
)
def client_renegotiation(deep: DeepScan) -> Iterator[Verdict]:
    found = deep.client_renegotiation
    if isinstance(found, NotObserved):
        yield unknown(str(found))
    elif found:
        yield failed("a client can renegotiate as often as it likes", scanner=deep.scanner)
    else:
        yield passed("clients cannot renegotiate without end", scanner=deep.scanner)
