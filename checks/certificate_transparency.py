"""A public certificate is known to as many logs as browsers ask for.

## Rationale
Chrome, Safari and Firefox refuse a certificate of a public authority that does not come with signed timestamps of
Certificate Transparency logs, since what is in no log may have been issued behind everybody's back. Embedded in the
certificate there must be two, of different logs, and three where it lives for more than 180 days; sent in the handshake
or in the stapled OCSP response, two.

The timestamps are counted. Whether their signatures hold, and whether browsers still accept the logs, is not verified.
A certificate of one's own authority is not judged.

## Remediation
Authorities embed the timestamps by themselves. Where there are none, the certificate was issued with logging turned
off, or is not meant for the web: have it issued anew.

- nginx: `ssl_certificate /etc/ssl/fullchain.pem;`
- apache: `SSLCertificateFile /etc/ssl/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import UNDETAILED, Certificates

_REQUIRED_SINCE = datetime(2018, 5, 1, tzinfo=UTC)
_SHORT = timedelta(days=180)


@check(
    title="A public certificate is in Certificate Transparency logs",
    severity=Severity.MEDIUM,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=(
        "RFC 6962 section 3.3",
        "Chrome Certificate Transparency policy",
        "Apple Certificate Transparency policy",
    ),
)
def certificate_transparency(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        leaf = chain.leaf
        needed = 2 if leaf.not_after - leaf.not_before <= _SHORT else 3
        facts = {
            "embedded": leaf.embedded_logs,
            "handshake": chain.timestamps,
            "stapled": chain.stapled_logs,
            "embedded_needed": needed,
        }
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
        elif not chain.public:
            yield not_applicable(f"{label}not of a public authority")
        elif leaf.not_before < _REQUIRED_SINCE:
            yield not_applicable(f"{label}issued before logging was required")
        elif leaf.embedded_logs >= needed or chain.timestamps >= 2 or chain.stapled_logs >= 2:
            yield passed(f"{label}has the timestamps that browsers ask for", **facts)
        else:
            yield failed(
                f"{label}{leaf.embedded_logs} of the {needed} logs that browsers ask for have signed it", **facts
            )
