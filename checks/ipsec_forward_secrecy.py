"""New keys of a link come from a key exchange of their own, with a group that holds.

## Rationale
Each security association's keys are derived from those of IKE. If a rekey brings no new Diffie-Hellman exchange,
whoever gets the secret of the IKE SA once can read all that its children ever carried, recorded or still to come.
With a group on each rekey (perfect forward secrecy), a stolen secret is worth one interval. Whoever records today may
break a 1024-bit group tomorrow: MODP groups below 2048 bits are not to be used, nor those with small subgroups (22 to
24), nor curves below 256 bits.

The first child of an IKE SA gets its keys from the exchange of that, so it shows no group of its own: what a rekey
does is unknown until the first one, unless the source tells what is configured. Additional key exchanges (RFC 9370)
with ML-KEM keep what is recorded now from a quantum computer; the facts say whether there is one.

## Remediation
Name a group in the proposals of the children, too, not of IKE alone.

- swanctl: `esp_proposals = aes256gcm16-x25519`
- libreswan: `pfs=yes`
"""

import re
from collections.abc import Iterator, Sequence

from tlsaudit.check import Severity, Verdict, check, child_sas, failed, passed, unknown
from tlsaudit.evidence import ChildSa, LinkState, LinkView, SaSample

_CURVES = {
    "CURVE25519", "CURVE448", "ECP-256", "ECP-384", "ECP-521",
    "BRAINPOOL-256", "BRAINPOOL-384", "BRAINPOOL-512",
}  # fmt: skip
_WEAK_CURVES = {"ECP-192", "ECP-224", "BRAINPOOL-224"}
_MODP = re.compile(r"MODP-(\d+)(-\d+)?")
_WEAK_PRF = {"PRF_HMAC_MD5", "PRF_HMAC_TIGER"}
_SAME_EXCHANGE_S = 5


@check(
    title="Rekeying has a strong group",
    severity=Severity.HIGH,
    tags={"ipsec", "pfs"},
    references=(
        "RFC 7296 section 2.17",
        "RFC 8247 sections 2.2 and 2.4",
        "RFC 9370",
        "NIST SP 800-77r1",
    ),
)
def ipsec_forward_secrecy(link: LinkState, *, minimum_bits: int = 2048) -> Iterator[Verdict]:
    told = [view for view in link.views if view.ike]
    if not told:
        yield unknown("no source tells of the key exchange: a control socket does, or saved output of swanctl or ipsec")
    for view in told:
        yield from _exchange(view, minimum_bits)
        for child in child_sas(link, view):
            yield _rekey(link, view, child, minimum_bits)


def _exchange(view: LinkView, minimum_bits: int) -> Iterator[Verdict]:
    for sa in view.ike or ():
        if sa.established:
            facts = {"group": sa.group, "prf": sa.prf, "post_quantum": _post_quantum(sa.additional, sa.group)}
            if sa.prf in _WEAK_PRF:
                yield failed(f"IKE derives its keys with {sa.prf} ({view.source})", **facts)
            elif sa.group is None:
                yield unknown(f"the group of IKE is not told ({view.source})", **facts)
            elif fault := _fault(sa.group, minimum_bits):
                yield failed(f"IKE agrees on keys with {sa.group}, {fault} ({view.source})", **facts)
            elif fault is None:
                yield unknown(f"IKE has a group that is not known here: {sa.group} ({view.source})", **facts)
            else:
                yield passed(f"IKE agrees on keys with {sa.group} ({view.source})", **facts)


def _rekey(link: LinkState, view: LinkView, child: ChildSa, minimum_bits: int) -> Verdict:
    groups = [child.group] if child.group else _configured(view, child.name)
    facts = {"groups": groups, "post_quantum": _post_quantum(child.additional, child.group)}
    if groups is None and _made_after_ike(link, view, child):
        groups = []
    if groups is None:
        return unknown(
            f"whether a rekey of {child.name} has a group shows after the first one ({view.source})", **facts
        )
    if not groups:
        return failed(f"{child.name} is rekeyed without a group of its own ({view.source})", **facts)
    faults = {group: _fault(group, minimum_bits) for group in groups}
    weak = next((group for group, fault in faults.items() if fault), None)
    if weak:
        return failed(f"{child.name} is rekeyed with {weak}, {faults[weak]} ({view.source})", **facts)
    if odd := [group for group, fault in faults.items() if fault is None]:
        return unknown(
            f"{child.name} is rekeyed with a group that is not known here: {odd[0]} ({view.source})", **facts
        )
    return passed(f"{child.name} is rekeyed with {' or '.join(groups)} ({view.source})", **facts)


def _fault(group: str, minimum_bits: int) -> str | None:
    """What is wrong with a group; empty for nothing, None where it is not known."""
    if modp := _MODP.fullmatch(group):
        if int(modp[1]) < minimum_bits:
            return "which is too short"
        return "whose subgroup is too small" if modp[2] else ""
    if group in _WEAK_CURVES:
        return "which is too short"
    return "" if group in _CURVES or group.startswith("ML-KEM-") else None


def _post_quantum(additional: Sequence[str], group: str | None) -> bool:
    return any(name.startswith("ML-KEM") for name in (*additional, group or ""))


def _configured(view: LinkView, name: str) -> list[str] | None:
    """The groups proposed for a rekey, where the source tells."""
    children = [child for item in view.connections or () for child in item.children if child.name == name]
    told = [child.groups for child in children if child.groups is not None]
    return [group for groups in told for group in groups] if told else None


def _made_after_ike(link: LinkState, view: LinkView, child: ChildSa) -> bool:
    """Whether an exchange of its own has made the child, which would have shown a group if it had one."""
    made = _ages(link.child_sas, view.source, child.name)
    ike = _ages(link.ike_sas, view.source, child.ike)
    return bool(made and ike) and max(made) + _SAME_EXCHANGE_S < min(ike)


def _ages(samples: Sequence[SaSample] | None, source: str, name: str | None) -> list[int]:
    return [
        item.age_s for item in samples or () if item.source == source and item.name == name and item.age_s is not None
    ]
