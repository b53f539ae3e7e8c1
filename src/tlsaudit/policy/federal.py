"""M-15-13 and BOD 18-01 over plain fields: for data that others have published about hosts, row by row."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tlsaudit.policy.profile.evaluate import Assessment
from tlsaudit.policy.profile.kinds import Judged
from tlsaudit.policy.profile.load import profiles
from tlsaudit.policy.profile.model import Standing, Tier

FEDERAL = ("m-15-13", "bod-18-01")


class HostFields(NamedTuple):
    """What the two look at of one host; None is not known.

    `https`: anything is served over it. `enforced`: plain http leads there at once, or is closed. `hsts`: the host's
    own policy is in force for a year or more. `preloaded`: a domain above the host is preloaded with its subdomains.
    The others are what is served.
    """

    https: bool | None = None
    enforced: bool | None = None
    hsts: bool | None = None
    preloaded: bool | None = None
    ssl2: bool | None = None
    ssl3: bool | None = None
    rc4: bool | None = None
    triple_des: bool | None = None


def federal_verdict(guideline: str, fields: HostFields) -> Assessment:
    """Hold the fields of a host against `m-15-13` or `bod-18-01`, by the same rules and with the same reduction as what
    is seen by a scan. Raises KeyError for another guideline.
    """
    tier = _tiers()[guideline]
    judged = tuple((rule, _judged(_HELD_AGAINST[rule.id](fields))) for rule in tier.rules)
    return Assessment(required=judged, recommended=(), announced=())


def federal_fields(row: Mapping[str, str]) -> HostFields:
    """The fields of a row of the per-host data that cisagov/dotgov-data publishes; an empty cell is not known.

    Its column on HSTS says `Preloaded` where a domain above the host stands for it. Its column `Preloaded` is about the
    host's own entry in the list, which is no policy that is in force. A host that enforces https serves it; of the
    others it does not tell.
    """
    hsts = row["Strict Transport Security (HSTS)"]
    enforced = _flag(row["Enforces HTTPS"])
    return HostFields(
        https=True if enforced else None,
        enforced=enforced,
        hsts=_flag(hsts) if hsts in _FLAGS else False,
        preloaded=hsts == "Preloaded",
        ssl2=_flag(row["SSLv2"]),
        ssl3=_flag(row["SSLv3"]),
        rc4=_flag(row["RC4"]),
        triple_des=_flag(row["3DES"]),
    )


_FLAGS = {"Yes": True, "No": False, "": None}


def _flag(text: str) -> bool | None:
    return _FLAGS[text]


def _any(*known: bool | None) -> bool | None:
    return True if True in known else None if None in known else False


def _none(*known: bool | None) -> bool | None:
    found = _any(*known)
    return None if found is None else not found


_HELD_AGAINST: Mapping[str, Callable[[HostFields], bool | None]] = {
    "https": lambda host: host.https,
    "enforced": lambda host: host.enforced,
    "hsts": lambda host: _any(host.hsts, host.preloaded),
    "no-ssl": lambda host: _none(host.ssl2, host.ssl3),
    "no-rc4": lambda host: _none(host.rc4),
    "no-3des": lambda host: _none(host.triple_des),
}
"""By the id of the rule in the guideline's file: whether it is met."""

_STANDINGS = {True: Standing.MET, False: Standing.NOT_MET, None: Standing.UNKNOWN}


def _judged(met: bool | None) -> Judged:
    standing = _STANDINGS[met]
    return Judged(standing, standing.value)


def _tiers() -> dict[str, Tier]:
    return {tier.id: tier for profile in profiles() for tier in profile.tiers if profile.id in FEDERAL}
