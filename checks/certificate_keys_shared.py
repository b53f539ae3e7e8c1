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

from tlsaudit.check import Fleet, Setting, Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import Certificates

_Place = tuple[str, str]


@check(
    title="No certificate's key is shared between unrelated hosts",
    severity=Severity.MEDIUM,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("NIST SP 800-57 part 1 section 5.2", "CA/Browser Forum Baseline Requirements section 6.1.1.3"),
)
def certificate_keys_shared(certificates: Fleet[Certificates]) -> Iterator[Verdict]:
    first: dict[bytes, tuple[bytes, _Place]] = {}
    others: dict[bytes, set[tuple[bytes, _Place]]] = {}
    for endpoint, address, shown in certificates:
        place = endpoint.partition("@")[0].rpartition(":")[0], address
        for leaf in (chain.leaf for chain in shown.chains if chain.leaf.detailed):
            key, seen = bytes.fromhex(leaf.spki_sha256), (bytes.fromhex(leaf.sha256), place)
            if first.setdefault(key, seen)[0] != seen[0]:
                others.setdefault(key, {first[key]}).add(seen)
    found = False
    for key, seen_at in others.items():
        hosts = _unrelated(seen_at)
        if len(hosts) > 1:
            found = True
            yield failed(
                f"different certificates with the same key at {' and '.join(hosts)}", key=key.hex(), hosts=hosts
            )
    if not first:
        yield not_applicable("no certificate was seen")
    elif not found:
        yield passed("no key is shared between certificates of unrelated hosts")


def _unrelated(seen: set[tuple[bytes, _Place]]) -> list[str]:
    """One host of each group that shares neither a name nor an address with the others."""
    groups: list[set[str]] = []
    hosts = {host for _, (host, _) in seen}
    for _, place in sorted(seen):
        joined = set(place)
        apart = [group for group in groups if not group & joined]
        groups = [*apart, joined.union(*(group for group in groups if group & joined))]
    return sorted(min(group & hosts) for group in groups)
