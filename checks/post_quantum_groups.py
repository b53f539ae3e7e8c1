"""A post-quantum key exchange is offered, and preferred.

## Rationale
Whoever records traffic today may decrypt it once a large quantum computer exists: what must stay secret for ten years
needs a key exchange today that withstands one. The hybrid groups join ML-KEM with an elliptic curve, so that nothing is
lost should either be broken. They exist in TLS 1.3 only; the browsers of 2025 and later offer X25519MLKEM768 first.
No rule demands it of everybody yet, which is why this is information: put it into your timetable where you want it
(Mozilla's recommendations of April 2026 prefer it in every configuration).

## Remediation
Serve TLS 1.3 with OpenSSL 3.5, Go 1.24, NSS 3.105 or later: their defaults put X25519MLKEM768 first. Where you name the
groups yourself, name it first: nginx `ssl_ecdh_curve`, Apache `SSLOpenSSLConfCmd Groups`, HAProxy `curves`.
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, listed, passed, unknown
from tlsaudit.evidence import Order, TlsOffer, TlsVersion, group_name


@check(
    title="A post-quantum key exchange is preferred",
    severity=Severity.INFO,
    tags={"tls", "pfs", "post-quantum"},
    settings={Setting.NAMED_GROUPS, Setting.PROTOCOLS},
    references=("NIST FIPS 203", "draft-ietf-tls-ecdhe-mlkem"),
)
def post_quantum_groups(tls: TlsOffer) -> Iterator[Verdict]:
    offer = next((offer for offer in tls.versions if offer.version is TlsVersion.TLS1_3), None)
    names = [group_name(group) for group in offer.groups] if offer else []
    order = offer.group_order if offer else Order.ONLY_ONE
    ready = [name for name in names if "MLKEM" in name]
    if ready and order is Order.NOT_ASKED:
        yield unknown(f"{ready[0]} is served; whose order decides was not asked", groups=names)
    elif ready and (order is not Order.SERVER or names[0] in ready):
        yield passed(f"{ready[0]} is served", groups=names)
    elif tls.incomplete:  # the group may be one that was not seen
        yield unknown(str(tls.incomplete))
    elif ready:
        yield failed(f"{ready[0]} is served, but {names[0]} is preferred", groups=names)
    elif offer is None:
        yield failed("TLS 1.3 is not served, and there is no post-quantum group without it", groups=names)
    else:
        yield failed(f"no post-quantum group is served: {listed(names) or 'none at all'}", groups=names)
