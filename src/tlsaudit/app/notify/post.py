"""Delivers messages through apprise, each in a process that is killed when it takes too long."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from tlsaudit.app.notify.message import Message
from tlsaudit.errors import UserError
from tlsaudit.target import NotifySpec, Targets

DEADLINE_S = 30.0

_EXAMPLE = "mailtos://user:password@example.org or jsons://host/path"


def addresses(targets: Targets, spec: NotifySpec, environment: Mapping[str, str]) -> dict[str, str]:
    """What the variables of the targets file hold. Raises UserError where one is not set or holds no Apprise URL, or
    apprise is not installed; no error repeats an address.
    """
    if find_spec("apprise") is None:
        raise UserError("notices are sent with apprise: pip install 'tlsaudit[notify]'")
    found = {name: environment.get(name, "").strip() for name in spec.variables}
    unset = [f"${name}" for name, url in found.items() if not url]
    if unset:
        are = "is not set: it" if len(unset) == 1 else "are not set: each"
        problem = f"{', '.join(unset)} {are} holds an Apprise URL such as {_EXAMPLE}"
        raise targets.problem_at(("notify",), problem)
    answer = _child({"valid": list(found.values())})
    if not isinstance(answer, list):
        raise UserError(f"notices: {answer}")
    for name, fits in zip(found, answer, strict=True):
        if not fits:
            raise targets.problem_at(("notify",), f"${name} holds no Apprise URL, such as {_EXAMPLE}")
    return found


def post(url: str, message: Message, *, page: bool, deadline_s: float = DEADLINE_S) -> str | None:
    """None where it was delivered, else why not, without the address."""
    kind = "success" if message.good else "failure" if page else "warning"
    answer = _child({"url": url, "title": message.title, "body": message.body, "kind": kind}, deadline_s)
    return None if answer is None else str(answer)


def _child(job: Mapping[str, Any], deadline_s: float = DEADLINE_S) -> Any:
    """What the child answers, or a text that says why it did not."""
    try:
        return json.loads(_run(json.dumps(job), deadline_s))
    except subprocess.TimeoutExpired:
        return f"no answer within {deadline_s:g} s"
    except OSError as error:
        return f"apprise was not started: {error.strerror}"
    except ValueError:
        return "apprise failed"


def _run(job: str, deadline_s: float) -> bytes:
    """What the child writes. Raises TimeoutExpired and OSError; nothing of it is left when this ends."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tlsaudit.app.notify.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            return child.communicate(job.encode("ascii"), deadline_s)[0]
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)
