"""swanctl on another machine, by the `ssh` of this one, with its configuration and keys. The commands are fixed."""

import asyncio
import contextlib
import os
import shutil
import signal

from tlsaudit.evidence import Reason
from tlsaudit.probe.ipsec.swanctl import told_by_swanctl
from tlsaudit.probe.ipsec.told import MOST_BYTES, SourceError, Told

COMMANDS = ("swanctl --list-sas --raw", "swanctl --list-conns --raw", "swanctl --list-pols --raw")

_OPTIONS = (
    "BatchMode=yes", "StrictHostKeyChecking=yes", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
    "PermitLocalCommand=no", "RequestTTY=no",
)  # fmt: skip
_MOST = {1: MOST_BYTES, 2: 4096}
"""Bytes that it may print to standard output and error."""


def argv(host: str, command: str, answer_s: float) -> list[str]:
    """What is run. `host` is what a targets file lets pass: no option, and nothing for a shell."""
    options = [part for option in (*_OPTIONS, f"ConnectTimeout={max(int(answer_s), 1)}") for part in ("-o", option)]
    return ["ssh", *options, "--", host, command]


async def told_by_ssh(host: str, answer_s: float) -> Told:
    """What swanctl lists there; `answer_s` for each command. Raises SourceError."""
    if not shutil.which("ssh"):
        raise SourceError("ssh is not installed here")
    return told_by_swanctl(*[await _output(argv(host, command, answer_s), answer_s) for command in COMMANDS])


class _Ssh(asyncio.SubprocessProtocol):
    """Takes what a process prints until it is too much, and then ends it. `over` is done when the process has ended and
    its pipes are closed: asyncio's streams, which stop reading when nobody takes what they hold, might wait for ever.
    """

    def __init__(self) -> None:
        self.printed = {1: bytearray(), 2: bytearray()}
        self.over = asyncio.get_running_loop().create_future()
        self.too_much = 0
        self._transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        held, most = self.printed[fd], _MOST[fd]
        if len(held) + len(data) <= most:
            held += data
        else:
            self.too_much = most
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 as asyncio calls it
        self.over.set_result(None)

    def end(self) -> None:
        """With whatever it has started in its group."""
        if self._transport:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._transport.get_pid(), signal.SIGKILL)
            self._transport.close()


async def _output(command: list[str], answer_s: float) -> str:
    transport, ssh = await asyncio.get_running_loop().subprocess_exec(
        _Ssh, *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        async with asyncio.timeout(answer_s):
            await asyncio.shield(ssh.over)
    except TimeoutError:
        raise SourceError(f"ssh is not done within {answer_s:g} s", Reason.TIMED_OUT) from None
    finally:
        ssh.end()
        await ssh.over
    if ssh.too_much:
        raise SourceError(f"it prints more than {ssh.too_much} bytes", Reason.TOO_LARGE)
    said, complaint = (ssh.printed[fd].decode("utf-8", "replace") for fd in (1, 2))
    if code := transport.get_returncode():
        why = next((line.strip() for line in reversed(complaint.split("\n")) if line.strip()), f"it ended with {code}")
        raise SourceError(f"ssh: {why[:200]}")
    return said
