"""A session of TLS 1.3 is resumed with a new key exchange only.

## Rationale
A client of TLS 1.3 that returns can ask to resume with the old session's secret alone (`psk_ke`). That spares a key
exchange, and takes forward secrecy away: whoever gets the key that seals the tickets reads the resumed session as well.
With `psk_dhe_ke`, which every browser offers, each session has a secret of its own. In TLS 1.2 a resumption never has:
there it all hangs on ticket keys that are thrown away early.

## Remediation
Do not allow it. OpenSSL, and with it nginx, Apache and HAProxy, does so only when told to (AllowNoDHEKEX). In GnuTLS it
comes with plain PSK: leave `+PSK` out of the priority string.

- nginx: `ssl_conf_command Options -AllowNoDHEKEX;`
- apache: `SSLOpenSSLConfCmd Options -AllowNoDHEKEX`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Sessions, TlsOffer, TlsVersion


@check(
    title="TLS 1.3 sessions are resumed with a new key exchange",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs", "sessions"},
    settings={Setting.SESSIONS},
    references=("RFC 8446 section 4.2.9", "RFC 8446 section 2.2"),
)
def resumption_key_exchange(sessions: Sessions, tls: TlsOffer) -> Iterator[Verdict]:
    if sessions.psk_ke:
        yield failed("a session of TLS 1.3 is resumed without a new key exchange (psk_ke)")
    elif sessions.psk_ke is not None:
        resumed = "only with one" if TlsVersion.TLS1_3 in sessions.resumes else "not at all"
        yield passed(f"no session of TLS 1.3 is resumed without a new key exchange; {resumed}")
    elif all(offer.version is not TlsVersion.TLS1_3 for offer in tls.versions):
        yield not_applicable("TLS 1.3 is not served")
    elif TlsVersion.TLS1_3 not in sessions.versions:
        without = " without a client certificate" if sessions.client_certificate else ""
        yield unknown(f"no session of TLS 1.3 could be begun{without}")
    elif any(policy.version is TlsVersion.TLS1_3 for policy in sessions.tickets):
        yield unknown("no answer to a resumption without key exchange")
    else:
        yield not_applicable("no tickets of TLS 1.3 are issued")
