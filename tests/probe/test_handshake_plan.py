"""The dialogue with a server finds all it serves, in few questions. The servers here are models in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Order, TlsVersion, VersionOffer, suite
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.handshake.offers import (
    CURVES,
    TLS13_GROUPS,
    older_suites,
    over_curve,
    over_finite_field,
    tls13_suites,
)
from tlsaudit.probe.handshake.plan import (
    Dialogue,
    Interrupted,
    Picked,
    Refused,
    ask_older,
    ask_tls13,
    first_hello,
)
from tlsaudit.probe.hello import ClientHello, HelloError

T = TypeVar("T")

AES128, AES256, CHACHA20, CCM = 0x1301, 0x1302, 0x1303, 0x1304
X25519, P256, P384, P521, FFDHE2048 = 0x001D, 0x0017, 0x0018, 0x0019, 0x0100

ECDHE_RSA_AES128, ECDHE_RSA_AES256, ECDHE_RSA_CHACHA20 = 0xC02F, 0xC030, 0xCCA8
ECDHE_ECDSA_AES128, ECDHE_ECDSA_AES256 = 0xC02B, 0xC02C
RSA_AES128, RSA_AES256, DHE_RSA_AES128, ECDH_ANON_AES256 = 0x002F, 0x0035, 0x0033, 0xC019

HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, PROTOCOL_VERSION = 40, 47, 70
TLS1_2, TLS1_3 = TlsVersion.TLS1_2, TlsVersion.TLS1_3


@dataclass
class Model:
    """A server of one version; `suites` and `groups` are in its order of preference.

    `certificate_curve`: an ECDSA certificate is only shown to clients that support its curve.
    `moves_chacha`: a ChaCha20 suite that the client puts first wins, as OpenSSL's PrioritizeChaCha has it.
    """

    version: TlsVersion
    suites: Sequence[int]
    groups: Sequence[int] = ()
    by_server: bool = True
    certificate_curve: int | None = None
    needs_key_share: bool = False
    moves_chacha: bool = False
    heard: list[ClientHello] = field(default_factory=list)

    def answer(self, hello: ClientHello) -> Picked | Refused:
        self.heard.append(hello)
        if hello.version < self.version:
            return Refused(PROTOCOL_VERSION)
        if self.needs_key_share and not hello.key_shares:
            return Refused(ILLEGAL_PARAMETER)
        group = self._pick(hello.groups, self.groups)
        usable = [code for code in self.suites if self._usable(suite(code).authentication, code, hello, group)]
        code = self._pick(hello.suites, usable)
        if code is None:
            return Refused(HANDSHAKE_FAILURE)
        with_group = self.version is TLS1_3 or over_curve(suite(code))
        curve = self.certificate_curve if suite(code).authentication == "ECDSA" else None
        return Picked(self.version, code, group if with_group else None, curve)

    def _usable(self, authentication: str, code: int, hello: ClientHello, group: int | None) -> bool:
        if authentication == "ECDSA" and self.certificate_curve not in (None, *hello.groups):
            return False
        needs_group = self.version is TLS1_3 or over_curve(suite(code))
        return group is not None or not needs_group

    def _pick(self, offered: Sequence[int], served: Sequence[int]) -> int | None:
        if self.moves_chacha and offered and "CHACHA20" in suite(offered[0]).name and offered[0] in served:
            return offered[0]
        first, second = (served, offered) if self.by_server else (offered, served)
        return next((code for code in first if code in second), None)


def hold(dialogue: Dialogue[T], server: Model) -> T:
    try:
        hello = next(dialogue)
        while True:
            hello = dialogue.send(server.answer(hello))
    except StopIteration as done:
        result: T = done.value
        return result


def ask(server: Model) -> VersionOffer:
    if server.version is TLS1_3:
        found = hold(ask_tls13("www.example.org", key_share), server)
    else:
        found = hold(ask_older(first_hello(server.version, "www.example.org")), server)
    assert found
    return found


@pytest.mark.parametrize(
    ("server", "questions"),
    [
        pytest.param(Model(TLS1_3, [AES256], [X25519]), 4, id="one suite, one group"),
        pytest.param(Model(TLS1_3, [AES256, AES128], [X25519, P256, P384]), 6, id="more groups"),
        pytest.param(Model(TLS1_3, [AES256, AES128, CCM], [P256]), 7, id="more suites"),
        pytest.param(Model(TLS1_3, [AES256, CHACHA20, AES128], [X25519, P256, P384]), 6, id="as many"),
        pytest.param(Model(TLS1_3, tls13_suites(), TLS13_GROUPS), 22, id="everything"),
        pytest.param(Model(TLS1_2, [ECDHE_RSA_AES256, ECDHE_RSA_AES128], [X25519, P256]), 6, id="RSA"),
        pytest.param(Model(TLS1_2, [RSA_AES256, RSA_AES128]), 5, id="no group"),
        pytest.param(Model(TLS1_2, [RSA_AES256]), 3, id="one suite"),
        pytest.param(Model(TLS1_2, [RSA_AES256, ECDHE_RSA_AES128], [X25519, P256, P384]), 8, id="RSA first"),
        pytest.param(Model(TlsVersion.TLS1_0, [DHE_RSA_AES128, RSA_AES128]), 4, id="finite fields"),
    ],
)
def test_finds_all_in_the_order_of_the_server(server: Model, questions: int) -> None:
    found = ask(server)
    assert found.suites == tuple(server.suites)
    assert found.groups == tuple(server.groups)
    assert found.suite_order is (Order.SERVER if len(server.suites) > 1 else Order.ONLY_ONE)
    assert found.group_order is (Order.SERVER if len(server.groups) > 1 else Order.ONLY_ONE)
    assert len(server.heard) == questions


@pytest.mark.parametrize(
    "server",
    [
        Model(TLS1_3, [AES256, CHACHA20, AES128], [P384, X25519], by_server=False),
        Model(TLS1_2, [RSA_AES128, ECDHE_RSA_AES128, ECDHE_RSA_AES256], [P384, X25519], by_server=False),
        Model(TlsVersion.TLS1_1, [RSA_AES128, RSA_AES256], by_server=False),
    ],
)
def test_a_server_that_follows_its_client(server: Model) -> None:
    found = ask(server)
    assert set(found.suites) == set(server.suites)
    assert set(found.groups) == set(server.groups)
    assert found.suite_order is Order.CLIENT
    assert found.group_order is (Order.CLIENT if server.groups else Order.ONLY_ONE)


class Contrary(Model):
    """Takes whatever stands in the middle."""

    def _pick(self, offered: Sequence[int], served: Sequence[int]) -> int | None:
        common = [code for code in offered if code in served]
        return common[len(common) // 2] if common else None


def test_an_order_that_is_neither_is_mixed() -> None:
    found = ask(Contrary(TLS1_3, [AES128, AES256, CHACHA20, CCM], [X25519, P256, P384, P521]))
    assert found.suite_order is Order.MIXED
    assert found.group_order is Order.MIXED


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_chacha20_moved_up_for_some_clients_is_no_order_of_the_client(version: TlsVersion) -> None:
    suites = {TLS1_2: [ECDHE_RSA_AES256, ECDHE_RSA_AES128, ECDHE_RSA_CHACHA20], TLS1_3: [AES256, AES128, CHACHA20]}
    found = ask(Model(version, suites[version], [X25519], moves_chacha=True))
    assert found.suites == tuple(suites[version])
    assert found.suite_order is Order.SERVER


@pytest.mark.parametrize("curve", [P256, P384])
@pytest.mark.parametrize("by_server", [True, False])
@pytest.mark.parametrize("groups", [[X25519, P256, P384, P521], [P521, P384, P256], [P256], [P384, P256, X25519]])
def test_an_ecdsa_certificate_hides_no_group(groups: list[int], curve: int, by_server: bool) -> None:
    server = Model(TLS1_2, [ECDHE_ECDSA_AES256, ECDHE_ECDSA_AES128], groups, by_server, certificate_curve=curve)
    # Behind the certificate's curve in the server's own order, no client ever gets a group.
    reachable = groups[: groups.index(curve) + 1] if by_server and curve in groups else groups
    assert set(ask(server).groups) == set(reachable)
    assert len(server.heard) == len(set(server.heard))


def test_an_ecdsa_certificate_of_the_group_found_last_is_no_order_of_the_server() -> None:
    """Its curve stays on offer behind the others, and to be picked from there again shows no order."""
    server = Model(TLS1_2, [ECDHE_ECDSA_AES256], [X25519, P521, P384], by_server=False, certificate_curve=P384)
    found = ask(server)
    assert found.groups == (X25519, P521, P384)
    assert found.group_order is Order.CLIENT


def test_an_rsa_certificate_beside_it_shows_all_groups() -> None:
    suites = [ECDHE_ECDSA_AES256, ECDHE_RSA_AES256]
    server = Model(TLS1_2, suites, [P256, X25519, P384], certificate_curve=P256)
    assert ask(server).groups == (P256, X25519, P384)


@pytest.mark.parametrize("suites", [[ECDHE_ECDSA_AES256, RSA_AES256, ECDHE_RSA_AES128], [RSA_AES256, RSA_AES128]])
def test_a_server_that_chooses_its_certificate_first(suites: list[int]) -> None:
    class CertificateFirst(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            by_ecdsa = any(suite(code).authentication == "ECDSA" for code in hello.suites)
            self.suites = [code for code in suites if (suite(code).authentication == "ECDSA") is by_ecdsa]
            return super().answer(hello)

    found = ask(CertificateFirst(TLS1_2, suites, [X25519, P256]))
    assert found.suites == tuple(suites)
    assert found.suite_order is Order.SERVER
    assert found.groups == ((X25519, P256) if len(suites) == 3 else ())


def test_a_server_that_has_an_order_for_each_of_its_certificates() -> None:
    """What needs no certificate stands behind that of RSA, which is not there beside that of ECDSA."""

    class CertificateFirst(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            by_ecdsa = any(suite(code).authentication == "ECDSA" for code in hello.suites)
            self.suites = [ECDHE_ECDSA_AES256, ECDH_ANON_AES256]
            if not by_ecdsa:
                self.suites = [ECDHE_RSA_AES256, ECDHE_RSA_AES128, ECDH_ANON_AES256]
            return super().answer(hello)

    found = ask(CertificateFirst(TLS1_2, [], [X25519, P256]))
    assert found.suites == (ECDHE_ECDSA_AES256, ECDH_ANON_AES256, ECDHE_RSA_AES256, ECDHE_RSA_AES128)
    assert found.suite_order is Order.SERVER


@pytest.mark.parametrize("by_server", [True, False])
@pytest.mark.parametrize("suites", [[DHE_RSA_AES128, RSA_AES128], [ECDHE_RSA_AES128, DHE_RSA_AES128], [DHE_RSA_AES128]])
def test_a_server_that_has_dhe_for_those_who_name_its_group(suites: list[int], by_server: bool) -> None:
    class NamedFieldsOnly(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            named = FFDHE2048 in hello.groups
            self.suites = [code for code in suites if named or not over_finite_field(suite(code))]
            return super().answer(hello)

    found = ask(NamedFieldsOnly(TLS1_2, suites, [X25519, P256], by_server))
    assert set(found.suites) == set(suites)
    order = Order.SERVER if by_server else Order.CLIENT
    assert found.suite_order is (order if len(suites) > 1 else Order.ONLY_ONE)


# Those of mbedTLS 2.28, which reads the first eleven that it knows.
THIRTEEN = [P521, 0x001C, P384, 0x001B, P256, 0x0016, 0x001A, 0x0015, 0x0014, 0x0013, 0x0012, X25519, 0x001E]


@pytest.mark.parametrize(("groups", "read"), [([P521, P384, P256, X25519, *CURVES[5:8]], 3), (THIRTEEN, 11)])
def test_a_server_that_reads_only_the_head_of_a_list_has_an_order_of_its_own(groups: list[int], read: int) -> None:
    class Short(Model):
        def _pick(self, offered: Sequence[int], served: Sequence[int]) -> int | None:
            return super()._pick([code for code in offered if code in served][:read], served)

    found = ask(Short(TLS1_2, [ECDHE_RSA_AES256], groups))
    assert set(found.groups) == set(groups)
    assert found.group_order is Order.SERVER


def interrupt(dialogue: Dialogue[T], server: Model, answers: int) -> T:
    try:
        hello = next(dialogue)
        for _ in range(answers):
            hello = dialogue.send(server.answer(hello))
        dialogue.throw(Interrupted())
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("the dialogue goes on")


@pytest.mark.parametrize("answers", range(9))
@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_an_interrupted_dialogue_gives_what_it_has(version: TlsVersion, answers: int) -> None:
    suites = {TLS1_2: [ECDHE_RSA_AES256, RSA_AES256, RSA_AES128], TLS1_3: [AES256, AES128, CHACHA20]}[version]
    server = Model(version, suites, [X25519, P256, P384])
    dialogue = ask_tls13(None, key_share) if version is TLS1_3 else ask_older(first_hello(version, None))
    found = interrupt(dialogue, server, answers)
    if answers == 0:
        assert found is None
    else:
        assert found
        assert found.suites == tuple(suites[: min(answers, 3)])
        assert set(found.groups) <= {X25519, P256, P384}


def test_without_order_nobody_is_asked_for_one() -> None:
    server = Model(TLS1_2, [ECDHE_RSA_AES256, RSA_AES256], [X25519, P256], by_server=False)
    found = hold(ask_older(first_hello(TLS1_2, None), order=False), server)
    assert found
    assert found.suite_order is Order.NOT_ASKED
    assert set(found.suites) == {ECDHE_RSA_AES256, RSA_AES256}


def test_a_server_that_needs_a_key_share_gets_a_real_one() -> None:
    server = Model(TLS1_3, [AES256, AES128], [P384, X25519, P256], needs_key_share=True)
    found = ask(server)
    assert set(found.suites) == {AES256, AES128}
    assert set(found.groups) == {P384, X25519, P256}
    sizes = {group: len(value) for hello in server.heard for group, value in hello.key_shares}
    assert sizes[X25519] == 32
    assert sizes[P256] == 65


@pytest.mark.parametrize(("alert", "questions"), [(PROTOCOL_VERSION, 1), (HANDSHAKE_FAILURE, 2)])
def test_no_tls13_is_asked_twice_only_where_the_key_share_may_be_why(alert: int, questions: int) -> None:
    class No(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            self.heard.append(hello)
            return Refused(alert)

    server = No(TLS1_3, [])
    assert hold(ask_tls13(None, key_share), server) is None
    assert len(server.heard) == questions


def test_an_older_version_in_answer_means_no() -> None:
    server = Model(TlsVersion.TLS1_0, [RSA_AES128])
    assert hold(ask_older(first_hello(TLS1_2, None)), server) is None
    assert len(server.heard) == 1


def test_a_suite_on_which_the_server_gives_up_is_not_served() -> None:
    class Broken(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            answer = super().answer(hello)
            if isinstance(answer, Picked) and answer.suite == DHE_RSA_AES128:
                return Picked(answer.version, answer.suite, None, usable=False)
            return answer

    found = ask(Broken(TLS1_2, [RSA_AES256, DHE_RSA_AES128, RSA_AES128]))
    assert found.suites == (RSA_AES256, RSA_AES128)


def test_a_server_that_breaks_off_later_on_what_it_served_before() -> None:
    class Tiring(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            answer = super().answer(hello)
            if isinstance(answer, Picked) and len(self.heard) > 3:
                return Picked(answer.version, answer.suite, None, usable=False)
            return answer

    found = ask(Tiring(TLS1_2, [ECDHE_RSA_AES256, ECDHE_RSA_AES128], [X25519, P256]))
    assert found.suites == (ECDHE_RSA_AES256, ECDHE_RSA_AES128)


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_a_server_that_never_names_a_group(version: TlsVersion) -> None:
    class Nameless(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            answer = super().answer(hello)
            return Picked(answer.version, answer.suite, None) if isinstance(answer, Picked) else answer

    suites = {TLS1_2: [ECDHE_RSA_AES256, ECDHE_RSA_AES128], TLS1_3: [AES256, AES128]}[version]
    server = Nameless(version, suites, [X25519, P256])
    found = ask(server)
    assert set(found.suites) == set(suites)
    assert found.groups == ()
    assert len(server.heard) < 10


def test_a_server_that_ignores_the_groups_of_its_client() -> None:
    class Deaf(Model):
        def _pick(self, offered: Sequence[int], served: Sequence[int]) -> int | None:
            return P256 if served == self.groups else super()._pick(offered, served)

    found = ask(Deaf(TLS1_2, [ECDHE_RSA_AES256, ECDHE_RSA_AES128], [P256]))
    assert found.groups == (P256,)


def test_ssl3_has_neither_name_nor_groups() -> None:
    class Ssl3(Model):
        def answer(self, hello: ClientHello) -> Picked | Refused:
            self.heard.append(hello)
            code = self._pick(hello.suites, self.suites)
            return Picked(self.version, code, P256 if code == 0xC013 else None) if code else Refused(HANDSHAKE_FAILURE)

    server = Ssl3(TlsVersion.SSL3, [0xC013, RSA_AES128])
    found = ask(server)
    assert found == VersionOffer(TlsVersion.SSL3, (0xC013, RSA_AES128), Order.SERVER, (P256,), Order.ONLY_ONE)
    assert not any(hello.groups for hello in server.heard)


@dataclass
class Liar(Model):
    """Gives the same answer to everything."""

    always: Picked = field(default_factory=lambda: Picked(TLS1_3, AES128, X25519))

    def answer(self, hello: ClientHello) -> Picked | Refused:
        self.heard.append(hello)
        return self.always


@pytest.mark.parametrize(
    ("asked", "always", "message"),
    [
        (TLS1_3, Picked(TLS1_3, AES128, 0xFE00), "group 65024"),
        (TLS1_3, Picked(TLS1_3, RSA_AES128, X25519), "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (TLS1_3, Picked(TLS1_2, AES128, X25519), "TLS 1.2"),
        (TLS1_2, Picked(TLS1_3, AES128, X25519), "TLS 1.3"),
        (TLS1_2, Picked(TLS1_2, AES128, None), "TLS_AES_128_GCM_SHA256"),
        (TLS1_2, Picked(TLS1_2, RSA_AES128, None), "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (TLS1_2, Picked(TLS1_2, ECDHE_RSA_AES128, FFDHE2048), "group 256"),
    ],
)
def test_a_choice_that_was_not_offered_ends_the_dialogue(asked: TlsVersion, always: Picked, message: str) -> None:
    with pytest.raises(HelloError, match=f"{message}, which was not offered"):
        ask(Liar(asked, [], always=always))


def test_the_same_tls13_choice_for_ever_ends() -> None:
    with pytest.raises(HelloError, match="not offered"):
        ask(Liar(TLS1_3, []))


@given(
    st.lists(st.sampled_from(tls13_suites()), min_size=1, unique=True),
    st.lists(st.sampled_from(TLS13_GROUPS), min_size=1, unique=True),
    st.booleans(),
)
def test_any_tls13_server(suites: list[int], groups: list[int], by_server: bool) -> None:
    server = Model(TLS1_3, suites, groups, by_server)
    found = ask(server)
    assert set(found.suites) == set(suites)
    assert set(found.groups) == set(groups)
    assert found.suites == tuple(suites) or not by_server
    assert found.groups == tuple(groups) or not by_server
    assert len(server.heard) <= len(suites) + len(groups) + 3


@given(
    st.lists(st.sampled_from(older_suites()), min_size=1, max_size=40, unique=True),
    st.lists(st.sampled_from(CURVES), min_size=1, unique=True),
    st.booleans(),
)
def test_any_older_server(suites: list[int], groups: list[int], by_server: bool) -> None:
    server = Model(TlsVersion.TLS1_2, suites, groups, by_server)
    found = ask(server)
    with_groups = any(over_curve(suite(code)) for code in suites)
    assert set(found.suites) == set(suites)
    assert found.suites == tuple(suites) or not by_server
    assert set(found.groups) == (set(groups) if with_groups else set())
    assert len(server.heard) <= len(suites) + len(groups) + 5
