"""Who asks clients for a certificate, and of whose making (mutual TLS).

## Rationale
A server that asks for a client certificate lets machines and people in by key instead of by password. That is neither
good nor bad in itself, so nothing fails here; but it explains a scan in which TLS is fine and no page is seen. On a
public site it is a surprise: browsers of people who have a certificate put up a question before the first page. The
names of the accepted authorities are shown to everybody.

## Remediation
Ask for certificates on hosts that are for their holders only. Give tlsaudit one with `--client-cert` to see what they
see.

- nginx: `ssl_verify_client off;`
- apache: `SSLVerifyClient none`
- haproxy: `bind :443 ssl crt /etc/haproxy/site.pem verify none`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, not_applicable, passed
from tlsaudit.evidence import Sessions

_SHOWN = 3


@check(
    title="Whether clients are asked for a certificate",
    severity=Severity.INFO,
    tags={"tls", "certificate"},
    references=("RFC 8446 section 4.3.2",),
)
def client_certificate(sessions: Sessions) -> Iterator[Verdict]:
    asked = sessions.client_certificate
    if asked is None:
        yield not_applicable("clients are not asked for a certificate")
        return
    how = {
        True: "a client certificate is required: the handshake fails without one",
        False: "a client certificate is asked for; the handshake is completed without one",
        None: "a client certificate is asked for",
    }[asked.required]
    names = [*asked.authorities[:_SHOWN], *(["..."] if len(asked.authorities) > _SHOWN else [])]
    issuers = f" (of {'; '.join(names)})" if names else ""
    yield passed(how + issuers, required=asked.required, authorities=list(asked.authorities))
