"""The probe asks two real gateways, each of which has tunnels to several sites."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers.ipsec import GOOD, ONE_WAY, OPEN, TRAPPED, WEAK, Gateway, Lab, Tunnel, ipsec_lab
from tlsaudit.evidence import LinkState, LinkView, NotObserved, Reason
from tlsaudit.probe.ipsec.look import LinkProbe
from tlsaudit.probe.ipsec.swanctl import told_by_swanctl
from tlsaudit.probe.ipsec.told import Told
from tlsaudit.probe.ipsec.vici import told_by_socket
from tlsaudit.target import Link, LinkSource

NOW = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with ipsec_lab((GOOD, WEAK, TRAPPED, OPEN, ONE_WAY)) as running:
        yield running


def link(tunnel: Tunnel, *sources: LinkSource) -> Link:
    east, west = tunnel.networks
    return Link("east-west", ("east", "west"), None, prefixes={"east": (east,), "west": (west,)}, sources=sources)


def vici(gateway: Gateway) -> LinkSource:
    return LinkSource("vici", gateway.site, {"": str(gateway.vici)})


def look(target: Link, *, apart_s: float = 0.1, answer_s: float = 20) -> LinkState | NotObserved:
    return asyncio.run(LinkProbe(lambda: NOW, apart_s, answer_s)(target))


def seen(target: Link) -> LinkState:
    state = look(target)
    assert isinstance(state, LinkState), state
    return state


def timeless(told: Told) -> Told:
    """Without what is another a moment later."""
    return replace(
        told,
        ike_samples=tuple(replace(item, age_s=None, rekey_s=None) for item in told.ike_samples),
        child_samples=tuple(replace(item, age_s=None, rekey_s=None) for item in told.child_samples),
    )


@pytest.mark.parametrize("form", [["--raw"], ["--raw", "--pretty"]])
def test_saved_output_tells_what_the_socket_tells(lab: Lab, form: list[str]) -> None:
    for gateway in (lab.east, lab.west):
        saved = [gateway.swanctl(listed, *form) for listed in ("--list-sas", "--list-conns", "--list-pols")]
        told = told_by_socket(gateway.vici, 20)
        assert timeless(told_by_swanctl(*saved)) == timeless(told)
        assert [len(part or ()) for part in (told.ike, told.children, told.connections)] == [3, 3, 5]


def test_both_gateways_of_a_good_link(lab: Lab) -> None:
    state = seen(link(GOOD, vici(lab.east), vici(lab.west)))
    assert (state.observed_at, state.sites, state.unread) == (NOW, ("east", "west"), ())
    assert [(view.source, view.site) for view in state.views] == [("vici of east", "east"), ("vici of west", "west")]
    for view, (here, there) in zip(state.views, (GOOD.networks, GOOD.networks[::-1]), strict=True):
        assert view.ike
        assert view.children
        assert view.policies
        (ike,), (child,), (policy,) = view.ike, view.children, view.policies
        assert (ike.version, ike.established, ike.encryption) == (2, True, "ENCR_AES_GCM_16")
        assert (ike.prf, ike.group) == ("PRF_HMAC_SHA2_384", "CURVE25519")
        assert [item.addresses for item in child.selectors.local] == [here]
        assert [item.addresses for item in child.selectors.remote] == [there]
        assert (child.protocol, child.encryption, child.key_bits) == ("ESP", "ENCR_AES_GCM_16", 256)
        assert policy.lasting


@pytest.mark.parametrize(("tunnel", "policies"), [(TRAPPED, 1), (OPEN, 0)])
def test_a_tunnel_that_is_down_is_configured_with_a_trap_or_without(lab: Lab, tunnel: Tunnel, policies: int) -> None:
    (view,) = seen(link(tunnel, vici(lab.east))).views
    assert (view.ike, view.children) == ((), ())
    assert [each.name for each in view.connections or ()] == [tunnel.name]
    assert len(view.policies or ()) == policies


def test_a_weak_one_is_told_by_the_names_of_iana(lab: Lab) -> None:
    (view,) = seen(link(WEAK, vici(lab.west))).views
    assert view.ike
    assert view.children
    assert (view.ike[0].group, view.ike[0].integrity) == ("MODP-1024", "AUTH_HMAC_SHA1_96")
    assert (view.children[0].encryption, view.children[0].integrity) == ("ENCR_AES_CBC", "AUTH_HMAC_SHA1_96")


def test_two_looks_show_which_way_bytes_move(lab: Lab) -> None:
    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.05):
            lab.exchange(GOOD)
            lab.send(ONE_WAY)

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        both, one = asyncio.run(_looks(link(GOOD, vici(lab.east)), link(ONE_WAY, vici(lab.east))))
    finally:
        over.set()
        talking.join()
    assert _moved(both) == (True, True)
    assert _moved(one) == (False, True)


async def _looks(*targets: Link) -> list[LinkState | NotObserved]:
    return await asyncio.gather(*map(LinkProbe(lambda: NOW, 1, 20), targets))


def _moved(state: LinkState | NotObserved) -> tuple[bool, bool]:
    assert isinstance(state, LinkState)
    (sample,) = state.child_sas or ()
    assert sample.bytes_in is not None
    assert sample.bytes_out is not None
    assert sample.earlier_in is not None
    assert sample.earlier_out is not None
    return sample.bytes_in > sample.earlier_in, sample.bytes_out > sample.earlier_out


def views_by_ssh(lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LinkView, LinkView, str]:
    """What comes by an `ssh` that runs the last of its arguments here, what the socket says, and the arguments."""
    program = folder / "ssh"
    uri = f"unix://{lab.east.vici}"
    program.write_text(f'#!/bin/sh\necho "$*" >>{folder}/log\nfor last; do :; done\nexec $last --uri {uri}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}:/usr/sbin")
    (by_ssh,) = seen(link(GOOD, LinkSource("ssh", "east", {"": "root@gw.example.org"}))).views
    (by_socket,) = seen(link(GOOD, vici(lab.east))).views
    return by_ssh, by_socket, (folder / "log").read_text()


def test_another_machine_is_asked_by_fixed_commands(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_ssh, by_socket, log = views_by_ssh(lab, tmp_path, monkeypatch)
    assert replace(by_ssh, source="") == replace(by_socket, source="")
    assert len(log.splitlines()) == 6  # three commands, at two looks
    for line in log.splitlines():
        assert "-o BatchMode=yes" in line
        assert line.partition(" -- ")[2].startswith("root@gw.example.org swanctl --list-")


SSH: Mapping[str, tuple[str, str]] = {
    "it fails": ("echo 'Permission denied (publickey).' >&2; exit 255", "ssh: Permission denied (publickey)."),
    "it hangs": ("exec sleep 60", "ssh is not done within 1 s"),
    "it never ends": ("exec yes", "it prints more than 8388608 bytes"),
    "it says something else": ("echo hello", "line 1 is not what swanctl prints with --raw"),
}


@pytest.mark.parametrize("case", SSH)
def test_what_ssh_cannot_bring_is_told(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, reason = SSH[case]
    (tmp_path / "ssh").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    answer_s = 1 if case == "it hangs" else 20
    state = look(link(GOOD, LinkSource("ssh", "west", {"": "gw.example.org"})), answer_s=answer_s)
    assert isinstance(state, NotObserved)
    assert state.detail == f"ssh of west: {reason}"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "nobody listens there"),
        (b"", "no answer within 1 s"),
        (b"\xff\xff\xff\xff" + b"x" * 1000, "no answer within 1 s"),
        (b"\0\0\0\1\7", "error: "),
    ],
)
def test_a_socket_that_is_not_charons(
    said: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # the path of a socket has 107 bytes at most
        listening.bind("s")
        if said is not None:
            listening.listen()
        answering = threading.Thread(target=_say, args=(listening, said))
        answering.start()
        state = look(link(GOOD, LinkSource("vici", "east", {"": "s"})), answer_s=1)
        answering.join()
    assert isinstance(state, NotObserved)
    assert reason in state.detail


def _say(listening: socket.socket, said: bytes | None) -> None:
    if said is None:
        return
    listening.settimeout(20)
    connection, _ = listening.accept()
    with connection:
        connection.sendall(said)
        connection.settimeout(20)
        while connection.recv(4096):
            pass


def test_one_source_that_cannot_be_read_leaves_the_others(lab: Lab, tmp_path: Path) -> None:
    saved = LinkSource("swanctl", "west", {"sas": str(tmp_path / "sas.txt")})
    state = seen(link(GOOD, vici(lab.east), saved))
    assert [view.source for view in state.views] == ["vici of east"]
    assert [(item.source, item.reason.detail) for item in state.unread] == [
        ("swanctl of west", f"there is no file {tmp_path / 'sas.txt'}")
    ]


def test_without_evidence_nothing_is_claimed() -> None:
    state = look(link(GOOD))
    assert state == NotObserved(Reason.NOT_PROBED, "the targets file names no evidence for this link")
