"""Published guidelines: every rule's data can be read, what is wrong with a file is located, and each kind of rule
judges as its guideline says.
"""

import contextlib
import json
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.tls import TLS13, code, features, offer, version
from tests.checks.web import LOOP, hop, http, https, visit
from tlsaudit.evidence import (
    DhPrime,
    Evidence,
    NotObserved,
    Order,
    Reason,
    Sessions,
    TicketPolicy,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.policy import PreloadList
from tlsaudit.policy.profile import (
    KINDS,
    Look,
    ProfileError,
    ProfileRule,
    Standing,
    Tier,
    assess,
    profiles,
    read_profile,
    tiers_of_served,
)
from tlsaudit.policy.profile.lines import openssl_name

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
TIERS = [tier for profile in profiles() for tier in profile.tiers]
MET, NOT_MET, UNKNOWN, N_A = Standing.MET, Standing.NOT_MET, Standing.UNKNOWN, Standing.NOT_APPLICABLE

SOUND = """\
profile: house
title: House rules
publisher: Us
version: "1"
url: https://www.example.org/rules
tiers:
  best: {id: house-best, title: as good as it gets}
  good: {id: house-good, title: good enough}
rules:
  - {id: versions, kind: versions, source: page 1, allowed: {best: [TLS 1.3], good: [TLS 1.2]}}
  - {id: suites, kind: suites, source: page 2, tiers: [best], allowed: [TLS_AES_128_GCM_SHA256]}
  - {id: hsts, kind: hsts, source: page 3, from: 2027-01-01, seconds: {best: 63072000, good: 31536000}}
"""


def look(*seen: Evidence, preload: PreloadList | None = None) -> Look:
    return Look({type(item): item for item in seen}, preload)


def own(tmp_path: Path, text: str = SOUND) -> Path:
    file = tmp_path / "house.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.path.stem)
def test_every_shipped_rule_names_its_source_and_what_to_do(profile: Any) -> None:
    assert profile.url.startswith("https://")
    for tier in profile.tiers:
        assert len({rule.id for rule in tier.rules}) == len(tier.rules)
        for rule in tier.rules:
            assert rule.source
            assert KINDS[rule.kind].fix(rule.values)


def test_a_list_by_tier_grows_and_a_number_by_tier_does_not(tmp_path: Path) -> None:
    best, good = read_profile(own(tmp_path)).tiers
    assert [rule.values.get("allowed") for rule in best.rules] == [("TLS 1.3",), ("TLS_AES_128_GCM_SHA256",), None]
    assert [rule.values for rule in good.rules] == [{"allowed": ("TLS 1.3", "TLS 1.2")}, {"seconds": 31536000}]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA265", "11:73: no cipher suite is called TLS_AES_128_GCM_SHA265"),
        ("[TLS 1.2]", "[TLS 1.4]", "10:86: no protocol version is called TLS 1.4: did you mean TLS 1.3?"),
        ("2027-01-01", "2027-02-30", "12:50: 2027-02-30 is no day: write it as 2027-06-30"),
        ("publisher:", "publishers:", "3:1: unknown key publishers: did you mean publisher?"),
        ("seconds: {", "second: {", "12:62: unknown key second: did you mean seconds?"),
        ("kind: suites", "kind: suits", "11:24: no kind of rule is called suits: did you mean suites?"),
        ("good: 31536000", "goods: 31536000", "12:88: unknown key goods: did you mean good?"),
        ("seconds: {best: 63072000", "seconds: {best: long", "12:78: long is no number above 0"),
        ("id: house-best", "id: House Best", "7:14: House Best: an id has small letters, digits, - and ."),
        ("rules:", "rules: []\nother:", "9:8: rules takes a list of at least one rule"),
        ('version: "1"', "version: 1", "4:10: version takes text: put 1 in quotes"),
        ("best: [TLS 1.3]", "best: TLS 1.3", "10:68: best takes a list: such as [TLS 1.3]"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_located(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    file = own(tmp_path, SOUND.replace(before, after, 1))
    with pytest.raises(ProfileError) as caught:
        read_profile(file)
    assert f"{file}:{complaint}" in str(caught.value)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_file_is_read_or_complained_of(data: st.DataObject) -> None:
    values = yaml.safe_load(SOUND)
    here, step = values, data.draw(st.sampled_from(sorted(values)))
    while isinstance(here[step], dict | list) and here[step] and data.draw(st.booleans()):
        here = here[step]
        step = data.draw(st.sampled_from([*here] if isinstance(here, dict) else range(len(here))))
    here[step] = data.draw(st.sampled_from([None, 7, True, "x", [], [[]], [None], {}, {"a": {}}, {"best": [7]}]))
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(ProfileError):
        read_profile(own(Path(folder), json.dumps(values, default=str)))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no such file"):
        read_profile(tmp_path / "none.yaml")


def test_a_rule_that_begins_later_is_announced_and_not_failed(tmp_path: Path) -> None:
    good = read_profile(own(tmp_path)).tiers[1]
    seen = look(offer(TLS13), https(visit(hop("https://www.example.org/"))))
    before, after = (assess(good, seen, day) for day in (date(2026, 12, 31), date(2027, 1, 1)))
    assert (before.standing, [rule.id for rule, _ in before.announced]) == (MET, ["hsts"])
    assert (after.standing, [rule.id for rule, _ in after.gaps], after.announced) == (NOT_MET, ["hsts"], ())


@pytest.mark.parametrize(
    ("standings", "expected"),
    [
        ((MET, N_A), MET),
        ((MET, UNKNOWN), UNKNOWN),
        ((UNKNOWN, NOT_MET), NOT_MET),
        ((N_A, N_A), N_A),
    ],
)
def test_one_gap_decides_then_what_is_unknown(standings: tuple[Standing, ...], expected: Standing) -> None:
    rules = {
        MET: ProfileRule("a", "versions", {"allowed": ("TLS 1.3",)}, "x", None, False),
        NOT_MET: ProfileRule("b", "versions", {"allowed": ("TLS 1.2",)}, "x", None, False),
        UNKNOWN: ProfileRule("c", "order", {"by": "client"}, "x", None, False),
        N_A: ProfileRule("d", "dh", {"bits": 2048}, "x", None, False),
    }
    unasked = version(TlsVersion.TLS1_3, "AES_256_GCM_SHA384", order=Order.NOT_ASKED, groups=(0x1D,))
    tier = Tier("t", "t", "t", tuple(rules[standing] for standing in standings))
    assert assess(tier, look(offer(unasked)), TODAY).standing is expected


def sessions(*, early_data: int = 0, began: tuple[TlsVersion, ...] = (TlsVersion.TLS1_3,)) -> Sessions:
    return Sessions(NOW, None, (TicketPolicy(TlsVersion.TLS1_3, 7200, early_data),), (), None, None, began)


TLS12_RC4 = version(TlsVersion.TLS1_2, "ECDHE_RSA_WITH_RC4_128_SHA", "RSA_WITH_3DES_EDE_CBC_SHA", groups=(0x17,))
DHE = version(TlsVersion.TLS1_2, "DHE_RSA_WITH_AES_128_GCM_SHA256")
URL = "https://www.example.org/"
LONG = certificate("www.example.org", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=399))
BRAINPOOL = replace(certificate("www.example.org"), curve="brainpoolP256r1")
PRELOADED = PreloadList(date(2026, 11, 1), {"example.org": True})
ALONE = PreloadList(date(2026, 11, 1), {"example.org": False})
ITSELF = PreloadList(date(2026, 11, 1), {"www.example.org": True})
OTHER_HOST = hop("http://www.example.org/", 301, "https://example.com/")


def primes(bits: int, name: str | None = None) -> TlsOffer:
    return TlsOffer(NOW, 1, (DHE,), (DhPrime(bits, "00", name, True, True),))


def hsts(value: str) -> Evidence:
    return https(visit(hop(URL, hsts=(value,))))


@pytest.mark.parametrize(
    ("kind", "values", "seen", "expected"),
    [
        ("versions", {"allowed": ("TLS 1.3",)}, offer(TLS13), MET),
        ("versions", {"allowed": ("TLS 1.3",)}, offer(TLS13, TLS12_RC4), NOT_MET),
        ("version-served", {"version": "TLS 1.3"}, offer(TLS12_RC4), NOT_MET),
        ("suites", {"allowed": ("TLS_AES_256_GCM_SHA384",)}, offer(TLS13), NOT_MET),
        ("suites", {"allowed": ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")}, offer(TLS13), MET),
        ("no-suites", {"with": ("RC4",)}, offer(TLS12_RC4), NOT_MET),
        ("no-suites", {"with": ("3DES",)}, offer(TLS12_RC4), NOT_MET),
        ("no-suites", {"with": ("DES",)}, offer(TLS12_RC4), MET),  # 3DES is not DES
        ("no-suites", {"with": ("DES",)}, offer(version(TlsVersion.TLS1_0, "RSA_WITH_DES_CBC_SHA")), NOT_MET),
        ("groups", {"allowed": ("x25519", "secp256r1")}, offer(TLS13), MET),
        ("groups", {"allowed": ("x25519",)}, offer(TLS13), NOT_MET),
        ("groups", {"allowed": ("x25519",)}, offer(DHE), N_A),
        ("group-served", {"group": "X25519MLKEM768"}, offer(TLS13), NOT_MET),
        ("order", {"by": "client"}, offer(TLS13), NOT_MET),
        ("order", {"by": "server"}, offer(TLS13), MET),
        ("order", {"by": "client"}, offer(version(TlsVersion.TLS1_3, "AES_256_GCM_SHA384", order=Order.ONLY_ONE)), N_A),
        ("dh", {"bits": 2048}, offer(TLS13), N_A),
        ("dh", {"bits": 2048}, primes(1024), NOT_MET),
        ("dh", {"bits": 2048}, primes(2048), MET),
        ("dh", {"bits": 2048, "named": ("ffdhe3072",)}, primes(3072), NOT_MET),
        ("dh", {"bits": 2048, "named": ("ffdhe3072",)}, primes(3072, "ffdhe3072"), MET),
        ("key", {"allowed": ("ECDSA P-256",)}, certificates(), MET),
        ("key", {"allowed": ("ECDSA P-384", "RSA 2048")}, certificates(), NOT_MET),
        ("key", {"allowed": ("ECDSA 250",)}, certificates(), MET),
        ("key", {"allowed": ("ECDSA 300", "Ed25519")}, certificates(), NOT_MET),
        ("key", {"allowed": ("ECDSA P-256",)}, certificates(chain(BRAINPOOL)), NOT_MET),
        ("key", {"allowed": ("ECDSA brainpoolP256r1",)}, certificates(chain(BRAINPOOL)), MET),
        ("key", {"allowed": ("ECDSA 250",)}, certificates(chain(BRAINPOOL)), MET),
        ("signature", {"allowed": ("ECDSA_WITH_SHA256",)}, certificates(), MET),
        ("signature", {"allowed": ("RSA_WITH_SHA256",)}, certificates(), NOT_MET),
        ("lifetime", {"days": 90}, certificates(), MET),
        ("lifetime", {"days": 366}, certificates(chain(LONG)), NOT_MET),
        ("trusted", {}, certificates(), MET),
        ("trusted", {}, certificates(chain(trust_error="self-signed")), NOT_MET),
        ("valid", {}, certificates(), MET),
        ("valid", {}, certificates(chain(certificate("a", not_after=NOW - timedelta(days=1)))), NOT_MET),
        ("hsts", {"seconds": 100}, hsts("max-age=100"), MET),
        ("hsts", {"seconds": 100}, hsts("max-age=99"), NOT_MET),
        ("hsts", {"seconds": 100}, hsts("max-age=banana"), NOT_MET),
        ("hsts", {"seconds": 100}, https(visit(hop(URL))), NOT_MET),
        ("hsts", {"seconds": 100}, https(visit(hop(URL, 403))), UNKNOWN),
        ("hsts", {"seconds": 100}, https(visit(hop(URL, hsts=("max-age=100",))), chain_error="expired"), NOT_MET),
        ("hsts", {"seconds": 100, "include_subdomains": True}, hsts("max-age=100"), NOT_MET),
        ("hsts", {"seconds": 100, "preload": True}, hsts("max-age=100; preload"), MET),
        ("hsts", {"seconds": 100}, https(visit(hop("https://192.0.2.1/")), host="192.0.2.1"), N_A),
        ("redirect", {}, http(refused=True), MET),
        ("redirect", {}, http(visit(hop("http://www.example.org/", 302, URL))), MET),
        ("redirect", {}, http(visit(OTHER_HOST)), MET),
        ("redirect", {"same_host": True}, http(visit(OTHER_HOST)), NOT_MET),
        ("redirect", {}, http(visit(hop("http://www.example.org/", 301, "http://example.org/"))), NOT_MET),
        ("redirect", {}, http(visit(hop("http://www.example.org/"))), NOT_MET),
        ("redirect", {}, http(visit(hop("http://www.example.org/", 503))), UNKNOWN),
        ("redirect", {}, http(visit(stopped=LOOP, url="http://www.example.org/")), UNKNOWN),
        ("https", {}, https(visit(hop(URL))), MET),
        ("feature", {"feature": "compression", "wanted": False}, features(compression=True), NOT_MET),
        ("feature", {"feature": "compression", "wanted": False}, features(compression=False), MET),
        ("feature", {"feature": "extended-master-secret", "wanted": True}, features(), N_A),
        ("early-data", {}, sessions(), MET),
        ("early-data", {}, sessions(early_data=16384), NOT_MET),
    ],
)
def test_each_kind_of_rule(kind: str, values: Mapping[str, Any], seen: Evidence, expected: Standing) -> None:
    assert KINDS[kind].judge(values, look(seen)).standing is expected


@pytest.mark.parametrize(
    ("preload", "expected"), [(None, UNKNOWN), (PRELOADED, MET), (ALONE, NOT_MET), (ITSELF, NOT_MET)]
)
def test_a_preloaded_domain_stands_for_hsts_where_the_guideline_says_so(
    preload: PreloadList | None, expected: Standing
) -> None:
    values = {"seconds": 31536000, "or_preloaded": True}
    seen = look(https(visit(hop(URL))), preload=preload)
    assert KINDS["hsts"].judge(values, seen).standing is expected


def test_a_host_that_answers_plain_http_alone_serves_no_https() -> None:
    plain = http(visit(hop("http://www.example.org/")))
    missing = NotObserved(Reason.REFUSED)
    seen = Look({type(plain): plain, type(https()): missing})
    assert KINDS["https"].judge({}, seen).standing is NOT_MET


def test_what_is_served_by_its_tier() -> None:
    ncsc = next(profile for profile in profiles() if profile.id == "ncsc-nl")
    old = version(TlsVersion.TLS1_0, "ECDHE_RSA_WITH_AES_128_CBC_SHA", groups=(0x15,))
    assert tiers_of_served(ncsc, look(offer(TLS13, old), certificates())) == {
        "good": ["TLS 1.3", "TLS_AES_256_GCM_SHA384", "x25519", "secp256r1", "ECDSA P-256", "ECDSA_WITH_SHA256"],
        "sufficient": ["TLS_AES_128_GCM_SHA256"],
        "phase-out": ["secp224r1"],
        "insufficient": ["TLS 1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"],
    }


@pytest.mark.parametrize(
    ("iana", "openssl"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM"),
        ("TLS_AES_128_GCM_SHA256", None),
    ],
)
def test_the_form_of_openssl_s_names(iana: str, openssl: str | None) -> None:
    assert openssl_name(iana) == openssl


def test_openssl_knows_the_names_and_means_the_same_suites() -> None:
    # Not those with 3DES, which builds of OpenSSL leave out.
    lists = [rule.values["allowed"] for tier in TIERS for rule in tier.rules if rule.kind == "suites"]
    named = {name: suite for names in lists for suite in names if (name := openssl_name(suite)) and "3DES" not in suite}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(f"{':'.join(named)}:@SECLEVEL=0")
    known = {str(cipher["name"]): int(cipher["id"]) & 0xFFFF for cipher in context.get_ciphers()}
    assert {name: code(suite) for name, suite in named.items()}.items() <= known.items()
