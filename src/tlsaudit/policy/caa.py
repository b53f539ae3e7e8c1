"""Which CAA records an authority takes as leave to issue.

The data file `caa.json` beside this module says for each where it publishes that, and as of when.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class IssuerDomains:
    """`domains` are the issuer domain names (RFC 8659 section 4.2) by the organisation in a certificate's issuer."""

    retrieved: date
    domains: Mapping[str, tuple[str, ...]]


@cache
def issuer_domains() -> IssuerDomains:
    """Those shipped with this version."""
    data = json.loads(resources.files("tlsaudit.policy").joinpath("caa.json").read_text("utf-8"))
    domains = {name: tuple(each["domains"]) for each in data["authorities"] for name in each["organisations"]}
    return IssuerDomains(date.fromisoformat(data["retrieved"]), domains)
