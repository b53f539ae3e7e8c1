"""What is read from saved output of swanctl, libreswan and the kernel; none of it is trusted."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.ipsec import saved
from tlsaudit.evidence import Direction, PolicyAction, SaSample, Selectors, TrafficSelector
from tlsaudit.probe.ipsec.libreswan import told_by_libreswan
from tlsaudit.probe.ipsec.swanctl import told_by_swanctl
from tlsaudit.probe.ipsec.told import SourceError, Told, concerning
from tlsaudit.probe.ipsec.xfrm import told_by_xfrm

HERE, THERE = TrafficSelector("10.1.0.0/24"), TrafficSelector("10.1.128.0/24")
LINK = Selectors((HERE,), (THERE,))


def test_swanctl() -> None:
    told = told_by_swanctl(saved.SWANCTL_SAS, saved.SWANCTL_CONNS, saved.SWANCTL_POLS)
    assert told.ike
    assert told.children
    assert told.connections
    assert told.policies
    (ike,), (child,), (connection,) = told.ike, told.children, told.connections
    assert (ike.name, ike.version, ike.established) == ("net", 2, True)
    assert (ike.encryption, ike.key_bits, ike.integrity) == ("ENCR_AES_CBC", 256, "AUTH_HMAC_SHA2_256_128")
    assert (ike.prf, ike.group) == ("PRF_HMAC_SHA2_256", "ECP-384")
    assert child.selectors.remote == (
        TrafficSelector("10.1.128.0/24", "tcp/443"),
        TrafficSelector("10.1.129.0-10.1.129.9"),
    )
    assert (child.protocol, child.mode, child.encryption, child.group) == (
        "ESP",
        "tunnel",
        "ENCR_AES_GCM_16",
        "CURVE25519",
    )
    assert told.child_samples == (SaSample("", "net", "1d714629", age_s=7, rekey_s=3323, bytes_in=20, bytes_out=40),)
    assert (connection.version, connection.rekey_s, [each.name for each in connection.children]) == (2, 14400, ["net"])
    assert [(item.action, item.lasting) for item in told.policies] == [
        (PolicyAction.PROTECT, True),
        (PolicyAction.BYPASS, True),
        (PolicyAction.DISCARD, True),
    ]


def test_what_was_not_saved_is_not_empty() -> None:
    told = told_by_swanctl("list-sas reply {}\n", None, None)
    assert (told.ike, told.children, told.policies, told.connections) == ((), (), None, None)
    assert told_by_libreswan(None, saved.LIBRESWAN_TRAFFIC) == Told()
    assert told_by_xfrm(None, saved.XFRM_POLICY).children is None


def test_an_empty_kernel_says_nothing_of_a_daemon_that_does_all_by_itself() -> None:
    assert told_by_xfrm("", "") == Told()


def test_policies_without_states_show_that_something_is_missing() -> None:
    assert told_by_xfrm("", saved.XFRM_POLICY).children == ()


@pytest.mark.parametrize(
    ("state", "cipher", "carried"),
    [
        (saved.XFRM_STATE, ("ENCR_AES_GCM_16", None, None), (0, 4200)),
        (saved.XFRM_STATE_CBC, ("ENCR_AES_CBC", 256, "AUTH_HMAC_SHA1_96"), (None, None)),
    ],
)
def test_the_kernel(
    state: str, cipher: tuple[str, int | None, str | None], carried: tuple[int | None, int | None]
) -> None:
    told = told_by_xfrm(state, saved.XFRM_POLICY)
    assert told.children
    assert told.policies
    (child,), (sample,) = told.children, told.child_samples
    assert (child.selectors, child.protocol, child.mode) == (LINK, "ESP", "tunnel")
    assert (child.encryption, child.key_bits, child.integrity) == cipher
    assert (sample.bytes_in, sample.bytes_out) == carried
    assert (told.ike, told.connections) == (None, None)
    assert [(item.direction, item.action, item.required) for item in told.policies] == [
        (Direction.OUT, PolicyAction.PROTECT, True),
        (Direction.IN, PolicyAction.PROTECT, False),
        (Direction.OUT, PolicyAction.DISCARD, True),
        (Direction.OUT, PolicyAction.BYPASS, False),
    ]
    assert told.policies[1].selectors == LINK
    assert told.policies[2].selectors.remote == (TrafficSelector("10.1.129.0/24", "proto tcp dport 443"),)


def test_the_keys_of_the_kernel_go_nowhere() -> None:
    key = "0x" + "5e" * 36
    told = told_by_xfrm(saved.XFRM_STATE.replace("<<Keys hidden>> (288 bits)", key), saved.XFRM_POLICY)
    assert told.children
    assert told.children[0].key_bits == 256
    assert "5e5e" not in repr(told)


def test_libreswan() -> None:
    told = told_by_libreswan(saved.LIBRESWAN_STATUS, saved.LIBRESWAN_TRAFFIC)
    assert told.ike
    assert told.children
    assert told.policies
    assert told.connections
    (ike,), (child,), (policy,), (connection,) = told.ike, told.children, told.policies, told.connections
    assert (ike.name, ike.version, ike.established) == ("net", 2, True)
    assert (ike.encryption, ike.key_bits, ike.prf, ike.group) == (
        "ENCR_AES_GCM_16",
        256,
        "PRF_HMAC_SHA2_512",
        "ECP-256",
    )
    assert (child.selectors, child.mode, child.encryption, child.key_bits) == (LINK, "tunnel", "ENCR_AES_GCM_16", 256)
    assert (child.integrity, child.ike) == (None, "net")
    assert told.child_samples == (SaSample("", "net", "1d714629", bytes_in=84, bytes_out=168),)
    assert (policy.action, policy.required, policy.lasting) == (PolicyAction.PROTECT, True, True)
    assert (connection.version, connection.rekey_s, connection.children[0].rekey_s) == (2, 28800, 3600)
    assert connection.children[0].groups == ("ECP-256",)


def test_an_older_libreswan_with_what_is_broken() -> None:
    told = told_by_libreswan(saved.LIBRESWAN_OLD, None)
    assert told.ike
    assert told.connections
    (ike,), (connection,) = told.ike, told.connections
    assert (ike.version, ike.established, ike.group) == (1, True, "MODP-1024")
    assert (told.children, told.policies) == ((), ())
    assert connection.children[0].groups == ()


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: told_by_swanctl("net: #1, ESTABLISHED, IKEv2", None, None), "line 1 is not what swanctl prints"),
        (lambda: told_by_swanctl(saved.SWANCTL_CONNS, None, None), "--list-conns, not of --list-sas"),
        (lambda: told_by_swanctl(saved.SWANCTL_SAS[:400], None, None), "was cut off"),
        (lambda: told_by_swanctl("list-sa event {" + "a {" * 100, None, None), "nested too deep"),
        (
            lambda: told_by_swanctl(saved.SWANCTL_SAS.replace("CN=west", "CN=west encr-alg=NULL"), None, None),
            "encr-alg stands twice",
        ),
        (lambda: told_by_swanctl(saved.SWANCTL_SAS.replace("version=2", "version=two"), None, None), "cannot be read"),
        (lambda: told_by_libreswan("command not found", None), "not what ipsec whack --status prints"),
        (lambda: told_by_xfrm("RTNETLINK answers: Operation not permitted", ""), "not what ip xfrm prints"),
    ],
)
def test_what_is_something_else_is_told(read: Callable[[], Told], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read()


_WORDS = st.sampled_from(
    (saved.SWANCTL_SAS + saved.SWANCTL_POLS + saved.XFRM_STATE + saved.XFRM_POLICY + saved.LIBRESWAN_STATUS).split(" ")
)
_TEXT = st.lists(st.one_of(_WORDS, st.text(max_size=5)), max_size=60).map(" ".join)


_READERS: tuple[Callable[[str], Told], ...] = (
    lambda text: told_by_swanctl(text, None, text),
    lambda text: told_by_swanctl(None, text, None),
    lambda text: told_by_libreswan(text, text),
    lambda text: told_by_xfrm(text, text),
)


@given(_TEXT, st.integers(0, 1200), st.integers(0, 1200))
def test_whatever_it_is_there_is_an_answer(text: str, start: int, end: int) -> None:
    for name in ("SWANCTL_SAS", "SWANCTL_POLS", "XFRM_STATE", "XFRM_POLICY", "LIBRESWAN_STATUS"):
        whole = getattr(saved, name)
        broken = whole[:start] + text + whole[end:]
        for read in _READERS:
            try:
                told = read(broken)
            except SourceError:
                continue
            concerning(told, "a source", "east", (["10.1.0.0/24"], ["10.1.128.0/24"]))


def test_only_what_is_of_the_link_is_told_of_it() -> None:
    told = told_by_swanctl(saved.SWANCTL_SAS, saved.SWANCTL_CONNS, saved.SWANCTL_POLS)
    mine = concerning(told, "swanctl of east", "east", (["10.1.0.0/16"], ["10.1.128.0/20"]), told)
    assert mine.view.ike == told.ike
    assert mine.view.policies == told.policies[:1] if told.policies else False
    assert (mine.children[0].source, mine.children[0].earlier_in) == ("swanctl of east", 20)
    other = concerning(told, "swanctl of east", "east", (["10.1.0.0/16"], ["10.2.0.0/16"]))
    assert (other.view.ike, other.view.children, other.view.policies, other.view.connections) == ((), (), (), ())
    assert (other.ike, other.children) == ((), ())
