"""CAA records name the authorities that may issue certificates, and the one that issued this one is among them.

## Rationale
Without a CAA record, each of the dozens of public authorities may issue for the name, and an attacker picks the one
whose validation can be tricked. Every authority has to ask for the records and to keep to them (RFC 8659). They are
read at issuance alone: where the authority of the certificate in use is not among those named, that certificate stays
valid, but its renewal will be refused, or somebody obtained it who should not have. For a wildcard, `issuewild` counts
where there is any, and the records of the name itself do not.

An authority is recognised by the organisation among its certificate's issuer, as in the list that tlsaudit comes with;
of one that is not in it, nothing is claimed. `own` adds domains that stand for yours.

## Remediation
Publish a CAA record at the registered domain for each authority that you use, and one with `iodef` to be told of what
is refused. `CAA 0 issue ";"` forbids all issuance.

- zone: `example.org. CAA 0 issue "letsencrypt.org"`
"""

import re
from collections.abc import Iterator, Sequence

from tlsaudit.check import Fact, IssuerDomains, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import CaaRecords, CaaSet, Certificate, CertificateChain, Certificates

_KNOWN = frozenset({"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"})
# [issuer-domain-name] [";" parameters] (RFC 8659 section 4.2)
_ISSUE = re.compile(r"[ \t]*([a-z0-9-]+(?:\.[a-z0-9-]+)*)?[ \t]*(?:;.*)?", re.IGNORECASE | re.DOTALL)
# An attribute of a name as RFC 4514 writes it; values may hold an escaped comma.
_ATTRIBUTE = re.compile(r"(?:^|[,+])([^=,+]+)=((?:\\.|[^,+\\])*)", re.DOTALL)


@check(
    title="CAA records name the authority that issued",
    severity=Severity.MEDIUM,
    tags={"dns", "certificate"},
    references=("RFC 8659 section 3", "RFC 8659 section 4", "CA/Browser Forum Baseline Requirements section 3.2.2.8"),
)
def dns_caa(
    caa: CaaRecords, certificates: Certificates, *, own: Sequence[str] = (), issuers: IssuerDomains
) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        wildcard = _is_wildcard(chain.leaf, caa.host)
        records = caa.above if wildcard else caa.own
        if records is None:
            yield failed(f"{label}no CAA record: any authority may issue", authority=_organisation(chain.leaf))
        else:
            yield _judged(label, chain, records, own, issuers, wildcard=wildcard)


def _is_wildcard(leaf: Certificate, host: str) -> bool:
    names = {name.lower() for name in leaf.dns_names}
    return host not in names and f"*.{host.partition('.')[2]}" in names


def _judged(
    label: str, chain: CertificateChain, records: CaaSet, own: Sequence[str], issuers: IssuerDomains, *, wildcard: bool
) -> Verdict:
    where = f"{label}CAA at {records.name}"
    odd = sorted({record.tag for record in records.records if record.critical} - _KNOWN)
    allowed = _allowed(records, wildcard=wildcard)
    authority = _organisation(chain.leaf) or chain.leaf.issuer
    facts: dict[str, Fact] = {"authority": authority, "at": records.name, "wildcard": wildcard}
    if odd:
        return failed(f"{where}: nobody may issue who does not know {odd[0]}, which is marked critical", **facts)
    if allowed is None:
        return failed(
            f"{where} names no authority for {'wildcards' if wildcard else 'issuance'}: any may issue", **facts
        )
    facts["allowed"] = allowed
    known = [*issuers.domains.get(authority, ()), *own]
    # A branded intermediate is run by the authority above it, or so one hopes: that excuses, but accuses nobody.
    above = [domain for each in chain.certificates for domain in issuers.domains.get(_organisation(each), ())]
    if {*known, *above}.intersection(allowed):
        return passed(f"{where} allows {authority}", **facts)
    if allowed and authority not in issuers.domains:
        return unknown(f"{where} allows {_listed(allowed)}; which of them {authority} is, is not known here", **facts)
    return failed(f"{where} allows {_listed(allowed)}, but the certificate is of {authority}", **facts)


def _allowed(records: CaaSet, *, wildcard: bool) -> list[str] | None:
    """The issuer domain names, none where issuance is forbidden. None where the records do not restrict it."""
    by_tag = {tag: [each.value for each in records.records if each.tag == tag] for tag in ("issuewild", "issue")}
    values = (by_tag["issuewild"] if wildcard else []) or by_tag["issue"]
    if not values:
        return None
    matched = (_ISSUE.fullmatch(value) for value in values)
    return sorted({each[1].lower() for each in matched if each and each[1]})


def _organisation(certificate: Certificate) -> str:
    """That of the issuer; empty where it has none."""
    attributes = {name.strip(): value for name, value in _ATTRIBUTE.findall(certificate.issuer)}
    return re.sub(r"\\(.)", r"\1", attributes.get("O", ""))


def _listed(allowed: Sequence[str]) -> str:
    return ", ".join(allowed) or "nobody"
