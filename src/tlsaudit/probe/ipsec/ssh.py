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
_MOST_COMPLAINT = 4096


def argv(host: str, command: str, answer_s: float) -> list[str]:
    """What is run. `host` is what a targets file lets pass: no option, and nothing for a shell."""
    options = [part for option in (*_OPTIONS, f"ConnectTimeout={max(int(answer_s), 1)}") for part in ("-o", option)]
    return ["ssh", *options, "--", host, command]


async def told_by_ssh(host: str, answer_s: float) -> Told:
    """What swanctl lists there; `answer_s` for each command. Raises SourceError."""
    if not shutil.which("ssh"):
        raise SourceError("ssh is not installed here")
    return told_by_swanctl(*[await _output(argv(host, command, answer_s), answer_s) for command in COMMANDS])


async def _output(command: list[str], answer_s: float) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    )
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(answer_s):
            said, complaint = await asyncio.gather(
                _read(process.stdout, MOST_BYTES), _read(process.stderr, _MOST_COMPLAINT)
            )
            code = await process.wait()
    except TimeoutError:
        raise SourceError(f"ssh is not done within {answer_s:g} s", Reason.TIMED_OUT) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if code:
        lines = complaint.decode("utf-8", "replace").split("\n")
        why = next((line.strip() for line in reversed(lines) if line.strip()), f"it ended with {code}")
        raise SourceError(f"ssh: {why[:200]}")
    return said.decode("utf-8", "replace")


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    held = bytearray()
    while part := await stream.read(65536):
        held += part
        if len(held) > most:
            raise SourceError(f"it prints more than {most} bytes", Reason.TOO_LARGE)
    return bytes(held)
