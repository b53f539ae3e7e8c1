"""The certificate is valid today, and will be for a while.

## Rationale
An expired certificate takes a site down for everybody at once; with HSTS there is not even a button to go on. What
counts before that is the share of its lifetime that is left, not a number of days: certificates live ever shorter
(200 days at most from March 2026, 47 from March 2029), and a renewal that works leaves about a third. Below a tenth
the renewal has failed several times, and nobody has noticed.

## Remediation
Renew by machine (ACME, RFC 8555) when a third of the lifetime is left, and reload the server afterwards: a renewed
file that no process has read changes nothing.

- nginx: `ssl_certificate /etc/letsencrypt/live/www.example.org/fullchain.pem;`
- apache: `SSLCertificateFile /etc/letsencrypt/live/www.example.org/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/haproxy/certificates/`
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed
from tlsaudit.evidence import Certificate, Certificates

_DAY = timedelta(days=1)


@check(
    title="The certificate is valid, with time left",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    samples={"left_days"},
    references=("RFC 5280 section 4.1.2.5", "RFC 8555", "CA/Browser Forum ballot SC-081v3"),
)
def certificate_validity(certificates: Certificates, *, minimum_left: float = 0.1) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        outcome = _judge(chain.leaf, certificates.observed_at, minimum_left)
        yield Verdict(outcome.outcome, label + outcome.message, outcome.facts)


def _judge(leaf: Certificate, now: datetime, minimum_left: float) -> Verdict:
    lifetime = leaf.not_after - leaf.not_before
    left = leaf.not_after - now
    facts: dict[str, Fact] = {
        "not_before": leaf.not_before.isoformat(),
        "not_after": leaf.not_after.isoformat(),
        "left_days": round(left / _DAY, 2),
        "lifetime_days": round(lifetime / _DAY, 2),
    }
    if now < leaf.not_before:
        return failed(f"is not valid before {_time(leaf.not_before)}", **facts)
    if left < timedelta(0):
        return failed(f"expired on {_time(leaf.not_after)}", **facts)
    if left < minimum_left * lifetime:
        return failed(f"{_left(left, lifetime)}, less than {minimum_left:.0%}", **facts)
    return passed(f"valid until {_time(leaf.not_after)}", **facts)


def _left(left: timedelta, lifetime: timedelta) -> str:
    # Two days are too coarse a measure of a certificate that lives for six.
    unit, name = (_DAY, "days") if lifetime >= 14 * _DAY else (timedelta(hours=1), "hours")
    return f"{left // unit} of {round(lifetime / unit)} {name} left"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
