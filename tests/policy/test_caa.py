"""The list of issuer domain names that comes with this version."""

import json
import re
from importlib import resources

from tlsaudit.policy import issuer_domains

LIST = json.loads(resources.files("tlsaudit.policy").joinpath("caa.json").read_text("utf-8"))


def test_each_organisation_is_of_one_authority_and_has_domains() -> None:
    organisations = [name for each in LIST["authorities"] for name in each["organisations"]]
    assert len(set(organisations)) == len(organisations)
    assert set(issuer_domains().domains) == set(organisations)
    assert issuer_domains().domains["Let's Encrypt"] == ("letsencrypt.org",)


def test_domains_are_written_as_records_are_compared_and_each_authority_has_a_source() -> None:
    domains = [domain for of in issuer_domains().domains.values() for domain in of]
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains)
    assert all(each["source"].startswith("https://") for each in LIST["authorities"])
