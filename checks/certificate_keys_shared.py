"""No two certificates of unrelated hosts have the same key.

## Rationale
A key that two servers share is lost on both when it is lost on one, and the certificates of both have to be revoked.
Such keys come with devices that were all delivered with the same one, with images that were cloned, or from a request
that was copied from host to host. One certificate for several names is one decision, taken in the open, and is not
told; nor are hosts that were seen at the same address.

## Remediation
Make a key on each server, and have a certificate issued for it. Then revoke the old ones: who has the key of the lesser
host can be the greater one.

- nginx: `ssl_certificate_key /etc/ssl/private/www.example.org.key;`
- apache: `SSLCertificateKeyFile /etc/ssl/private/www.example.org.key`
- haproxy: `bind :443 ssl crt /etc/haproxy/certificates/`
"""

from collections.abc import Iterator

from tlsaudit.check import (
    Crowded,
    Fleet,
    Setting,
    Severity,
    Shared,
    Verdict,
    check,
    failed,
    not_applicable,
    passed,
    told,
    unrelated,
)
from tlsaudit.evidence import Certificates

_Seen = tuple[str, str, str, str]
"""The digests of a certificate's key and of all of it, and the host and the address that show it."""


@check(
    title="No certificate's key is shared between unrelated hosts",
    severity=Severity.MEDIUM,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("NIST SP 800-57 part 1 section 5.2", "CA/Browser Forum Baseline Requirements section 6.1.1.3"),
)
def certificate_keys_shared(certificates: Fleet[Certificates]) -> Iterator[Verdict]:
    shared, crowded = Shared(), Crowded()
    for key, whole, host, address in _leaves(certificates):
        shared.note(key, whole)
        crowded.note(host, address)
    found = False
    for key, hosts in unrelated(_leaves(certificates), shared, crowded) if shared.any else ():
        found = True
        yield failed(f"different certificates with the same key at {told(hosts)}", key=key, hosts=hosts)
    if not shared.noted:
        yield not_applicable("no certificate was seen")
    elif not found:
        yield passed("no key is shared between certificates of unrelated hosts")


def _leaves(certificates: Fleet[Certificates]) -> Iterator[_Seen]:
    for endpoint, address, shown in certificates:
        host = endpoint.partition("@")[0].rpartition(":")[0]
        for leaf in (chain.leaf for chain in shown.chains if chain.leaf.detailed):
            yield leaf.spki_sha256, leaf.sha256, host, address
