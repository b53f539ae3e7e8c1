"""HSTS lasts long enough to outlive the gap between two visits.

## Rationale
Without Strict-Transport-Security, every visit that starts with `http://` gives an attacker on the path one request to
hijack, redirect or not. A browser that has seen the header goes to https by itself until max-age runs out, so a short
one protects only those who come often. The header counts on the first answer of the host itself, over a certificate
that the browser accepts; a header that does not parse is no header, and max-age=0 removes the protection. Redirects
and error pages need it, too: they may be the only answer that a visitor ever gets from this host.

## Remediation
Raise max-age in steps (5 minutes, a day, a month), then keep it at a year or more. Watch for `Header set` without
`always` in Apache and `add_header` without `always` in nginx: both leave out errors, Apache also redirects.

- nginx: `add_header Strict-Transport-Security "max-age=31536000" always;`
- apache: `Header always set Strict-Transport-Security "max-age=31536000"`
- haproxy: `http-after-response set-header Strict-Transport-Security "max-age=31536000"`
"""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Hop, HstsError, HttpsExchange, parse_hsts


@check(
    title="HSTS max-age is long enough",
    severity=Severity.HIGH,
    tags={"http", "hsts"},
    settings={Setting.HSTS},
    references=("RFC 6797 section 6.1.1", "RFC 6797 section 8.1"),
)
def hsts_max_age(https: HttpsExchange, *, minimum: timedelta = timedelta(days=365)) -> Iterator[Verdict]:
    if _is_ip(https.host):
        yield not_applicable("browsers ignore HSTS on an IP address")
        return
    if https.chain_error is not None:
        yield failed(f"browsers ignore HSTS over an untrusted certificate: {https.chain_error}")
        return
    for visit in https.visits:
        where = f" on {_path(visit.url)}" if len(https.visits) > 1 else ""
        if visit.hops:
            yield _judge(visit.hops[0], where, minimum)
        else:
            yield unknown(f"no answer{where}: {visit.stopped}")


def _judge(answer: Hop, where: str, minimum: timedelta) -> Verdict:
    if not answer.hsts:
        if answer.status in (403, 429) or answer.status >= 500:
            return unknown(f"{answer.status} from the server{where}: no HSTS to judge")
        return failed(f"no HSTS header{where}")
    policy = parse_hsts(answer.hsts[0])
    if isinstance(policy, HstsError):
        return failed(f"browsers ignore the HSTS header{where}: {policy}")
    lifetime = timedelta(seconds=policy.max_age)
    lasts = f"HSTS lasts {_span(lifetime)}{where}"
    if not lifetime:
        verdict, message = failed, f"HSTS is withdrawn{where} (max-age=0)"
    elif lifetime < minimum:
        verdict, message = failed, f"{lasts}, less than {_span(minimum)}"
    else:
        verdict, message = passed, lasts + (", subdomains included" if policy.include_subdomains else "")
    return verdict(
        message, max_age_s=policy.max_age, include_subdomains=policy.include_subdomains, preload=policy.preload
    )


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    count, unit = next(
        (seconds // size, unit)
        for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
        if seconds % size == 0 or seconds >= 2 * size
    )
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
