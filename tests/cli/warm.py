"""A process that has loaded all of tlsaudit and runs it in forks of itself, which saves each run a second or two.

A run is a process as ever, with its own arguments, environment, folder, files and exit code. Only what is settled as
Python starts, such as `PYTHONPATH`, cannot be given to it.
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

# What tlsaudit imports not before it needs it, and most runs do.
_LATER = (
    "aioquic.quic.connection",
    "alembic.command",
    "publicsuffixlist",
    "rich.console",
    "rich.progress",
    "sqlalchemy.dialects.sqlite",
)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    stdin: str,
    env: Mapping[str, str],
    timeout: float,
    stop: tuple[float, signal.Signals] | None = None,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` would. One run at a time: it is no use to threads. Raises subprocess.TimeoutExpired.

    `stop` is a signal to send, and after how many seconds.
    """
    channel = _server()
    with _text() as given, _text() as out, _text() as err:
        given.write(stdin)
        given.seek(0)
        request = json.dumps([[*command], str(cwd), dict(env)]).encode()
        socket.send_fds(channel, [request], [given.fileno(), out.fileno(), err.fileno()])
        process, code = int(channel.recv(64)), None
        for seconds, number in (*([stop] if stop else []), (timeout, signal.SIGKILL)):
            channel.settimeout(seconds)
            try:
                code = int(channel.recv(64))
                break
            except TimeoutError:
                os.kill(process, number)
        channel.settimeout(None)
        if code is None:
            channel.recv(64)
            raise subprocess.TimeoutExpired([*command], timeout) from None
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess([*command], code, out.read(), err.read())


def _text() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


@cache
def _server() -> socket.socket:
    """The channel to the process, which ends with it."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        channel = theirs.fileno()
        server = subprocess.Popen(
            [sys.executable, "-P", __file__, str(channel)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[channel],
        )
    atexit.register(server.wait)
    atexit.register(mine.close)
    return mine


def _serve(channel: socket.socket) -> None:
    """Fork for each request; return in the fork, set up as it asks. The process ends when the channel does."""
    while True:
        request, files, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        if not request:
            sys.exit()
        if process := os.fork():
            for file in files:
                os.close(file)
            channel.send(b"%d" % process)
            _, status = os.waitpid(process, 0)
            channel.send(b"%d" % os.waitstatus_to_exitcode(status))
            continue
        channel.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        sys.argv, folder, environment = json.loads(request)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        return


if __name__ == "__main__":
    from tlsaudit.cli import main
    from tlsaudit.registry import Registry, rule
    from tlsaudit.report import formats
    from tlsaudit.report.html.environment import environment
    from tlsaudit.store import StoreError
    from tlsaudit.store.codec import EncodedEvidence, decode_evidence

    for package in ("tlsaudit.app", "tlsaudit.checks", "tlsaudit.report", "tlsaudit.target"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    for name in _LATER:
        import_module(name)
    templates = environment()
    for name in templates.list_templates():
        templates.get_template(name)
    formats()
    for check in Registry.load().values():
        rule(check, {})  # with the published knowledge that it is held against
    with suppress(StoreError):  # no evidence is as empty as that, but now each kind is known
        decode_evidence(EncodedEvidence("TlsOffer", observed=True, body=b"{}", sample=None), datetime.now(UTC), "")
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when the tests do
    _serve(socket.socket(fileno=int(sys.argv[1])))
    main()
