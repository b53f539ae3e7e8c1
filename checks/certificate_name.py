"""The certificate names the host.

## Rationale
A client accepts a certificate only for the names in its subject alternative names; the common name has not counted
for years (RFC 9525). A wildcard stands for exactly one whole label, the leftmost: `*.example.org` covers
`www.example.org`, but neither `example.org` nor `a.b.example.org`. An IP address must be listed as an IP address.

## Remediation
Order a certificate that lists every name the host is reached by, or let the host that owns the name answer for it: a
server that finds no virtual host for a name answers with its default certificate.

- nginx: `server_name www.example.org example.org;`
- apache: `ServerAlias www.example.org example.org`
- haproxy: `bind :443 ssl crt /etc/haproxy/certificates/`
"""

import ipaddress
from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, listed, passed, unknown
from tlsaudit.evidence import Certificate, Certificates, covers

_SHOWN = 3


@check(
    title="The certificate names the host",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("RFC 9525 section 6.3", "RFC 9525 section 6.4", "RFC 5280 section 4.2.1.6"),
)
def certificate_name(certificates: Certificates) -> Iterator[Verdict]:
    host = certificates.host.removesuffix(".")
    for label, chain in certificates.labelled():
        leaf = chain.leaf
        names = [*leaf.dns_names, *leaf.ip_addresses]
        facts: dict[str, Fact] = {"host": host, "names": names[:_SHOWN], "name_count": len(names)}
        match = _match(host, leaf)
        if match is not None:
            covered = f"names {host}" if match.lower() == host.lower() else f"{match} covers {host}"
            yield passed(f"{label}{covered}", **facts)
        elif not leaf.readable:
            yield unknown(f"{label}its names cannot be read", **facts)
        elif names:
            yield failed(f"{label}does not name {host}, only {listed(names, _SHOWN)}", **facts)
        else:
            yield failed(f"{label}has no subject alternative name, so it names no host", **facts)


def _match(host: str, certificate: Certificate) -> str | None:
    address = _address(host)
    if address is not None:
        return next((item for item in certificate.ip_addresses if _address(item) == address), None)
    return next((name for name in certificate.dns_names if covers(name, host)), None)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
