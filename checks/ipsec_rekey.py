"""The keys of a link are replaced in time.

## Rationale
The longer a key is used, the more is lost with it, and the more data stands under it: AES-GCM must not go on for ever
under one key. NIST recommends at most a day for an IKE SA and eight hours for what carries the traffic. Where rekeying
is switched off, keys live until somebody restarts a gateway.

## Remediation
Leave the daemon's own times, which are hours, or set shorter ones; both gateways keep their own.

- swanctl: `rekey_time = 1h`
- libreswan: `salifetime=1h`
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from tlsaudit.check import Severity, Verdict, check, concerns, failed, passed, unknown
from tlsaudit.evidence import Connection, LinkState, SaSample


@check(
    title="Keys are replaced in time",
    severity=Severity.MEDIUM,
    tags={"ipsec"},
    references=("RFC 7296 section 2.8", "RFC 4301 section 4.4.2.1", "NIST SP 800-77r1"),
)
def ipsec_rekey(
    link: LinkState,
    *,
    ike_maximum: timedelta = timedelta(hours=24),
    child_maximum: timedelta = timedelta(hours=8),
) -> Iterator[Verdict]:
    judged = [
        *_lived("IKE", link.ike_sas, ike_maximum),
        *_lived("ESP", link.child_sas, child_maximum),
        *_configured(link, ike_maximum, child_maximum),
    ]
    if judged:
        yield from judged
    else:
        yield unknown("no source tells when keys are replaced")


def _lived(what: str, samples: Sequence[SaSample] | None, maximum: timedelta) -> Iterator[Verdict]:
    """By how long each SA lives: what it has lived and what is left until it is rekeyed, as far as that is told."""
    for item in samples or ():
        if item.age_s is not None:
            whole = item.age_s + max(item.rekey_s or 0, 0)
            if whole > maximum.total_seconds():
                yield failed(
                    f"a key of {what} lives {_span(whole)} ({item.name}, {item.source})", maximum_s=_s(maximum)
                )
            elif item.rekey_s is not None:
                yield passed(f"keys of {what} are replaced in time ({item.source})", maximum_s=_s(maximum))


def _configured(link: LinkState, ike: timedelta, child: timedelta) -> Iterator[Verdict]:
    for view in link.views:
        for connection in view.connections or ():
            children = [item for item in connection.children if concerns(link, view.site, item.selectors)]
            if children or not connection.children:
                yield from _judge(connection.name, "IKE", _interval(connection), ike, view.source)
                for item in children:
                    yield from _judge(item.name, "ESP", item.rekey_s, child, view.source)


def _interval(connection: Connection) -> int | None:
    """The shorter of both, since a new authentication brings new keys, too; 0 for never."""
    told = [seconds for seconds in (connection.rekey_s, connection.reauth_s) if seconds is not None]
    return min(filter(None, told), default=0) if told else None


def _judge(name: str, what: str, seconds: int | None, maximum: timedelta, source: str) -> Iterator[Verdict]:
    if seconds == 0:
        yield failed(f"keys of {what} are never replaced ({name}, {source})", interval_s=0, maximum_s=_s(maximum))
    elif seconds is not None and seconds > maximum.total_seconds():
        every = f"every {_span(seconds)}"
        yield failed(
            f"keys of {what} are replaced {every} ({name}, {source})", interval_s=seconds, maximum_s=_s(maximum)
        )
    elif seconds is not None:
        yield passed(f"keys of {what} are replaced in time ({source})", interval_s=seconds, maximum_s=_s(maximum))


def _s(time: timedelta) -> int:
    return int(time.total_seconds())


def _span(seconds: int) -> str:
    hours = seconds / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
