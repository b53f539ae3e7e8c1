"""A public certificate lives no longer than the rules allow.

## Rationale
Browsers refuse certificates of public authorities that live longer than was allowed on the day they were issued: 398
days from September 2020, 200 from 15 March 2026, 100 from 15 March 2027, 47 from 15 March 2029. A short life limits for
how long a stolen key is of use, and forces a renewal that needs no people. The rules are for authorities that browsers
trust by themselves; a certificate of one's own authority is not judged.

## Remediation
Have the certificate issued anew, and renewed by machine (ACME, RFC 8555): by hand, 47 days are not kept up for long.

- nginx: `ssl_certificate /etc/letsencrypt/live/www.example.org/fullchain.pem;`
- apache: `SSLCertificateFile /etc/letsencrypt/live/www.example.org/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/haproxy/certificates/`
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import UNDETAILED, Certificates

_DAY = timedelta(days=1)

# From which day of issue on how many days are allowed, newest first.
_LIMITS = (
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2018, 3, 1, tzinfo=UTC), 825),
)


@check(
    title="A public certificate is not too long-lived",
    severity=Severity.MEDIUM,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("CA/Browser Forum ballot SC-081v3", "CA/Browser Forum Baseline Requirements section 6.3.2"),
)
def certificate_lifetime(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        leaf = chain.leaf
        limit = next((days for since, days in _LIMITS if leaf.not_before >= since), None)
        # Both ends count, and a day that has begun (Baseline Requirements section 1.6.1).
        lifetime = leaf.not_after - leaf.not_before + timedelta(seconds=1)
        days = -(-lifetime // _DAY)
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
        elif not chain.public:
            yield not_applicable(f"{label}not of a public authority")
        elif limit is None:
            yield not_applicable(f"{label}issued before there was a limit")
        elif days > limit:
            issued = f"issued on {leaf.not_before:%Y-%m-%d}"
            yield failed(
                f"{label}lives for {days} days: {limit} are allowed where {issued}", days=days, limit_days=limit
            )
        else:
            yield passed(f"{label}lives for no more than {limit} days", days=days, limit_days=limit)
