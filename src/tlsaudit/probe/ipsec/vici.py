"""charon's control socket, by the package of the extra `ipsec`. Nothing is asked but to list."""

import socket
import time
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tlsaudit.evidence import Reason
from tlsaudit.probe.extra import Extra
from tlsaudit.probe.ipsec.charon import Section, told_by_charon
from tlsaudit.probe.ipsec.told import MOST_BYTES, MOST_ITEMS, SourceError, Told

EXTRA = Extra("ipsec", "vici")

_ALL_POLICIES = {"trap": "yes", "drop": "yes", "pass": "yes"}


def told_by_socket(path: Path, answer_s: float) -> Told:
    """What charon lists at the socket. Blocks for `answer_s` at most. Raises SourceError."""
    library: Any = import_module("vici")
    try:
        with _Bounded(answer_s) as connection:
            connection.connect(str(path))
            session = library.Session(connection)
            return told_by_charon(
                _messages(session.list_sas()),
                _messages(session.list_conns()),
                _messages(session.list_policies(_ALL_POLICIES)),
            )
    except TimeoutError:
        raise SourceError(f"no answer within {answer_s:g} s", Reason.TIMED_OUT) from None
    except ConnectionRefusedError:
        raise SourceError("nobody listens there", Reason.REFUSED) from None
    except SourceError:
        raise
    except Exception as error:  # whatever an answer makes of the library
        said = error.strerror if isinstance(error, OSError) else None
        raise SourceError(said or f"{type(error).__name__}: {error}") from None


class _Bounded(socket.socket):
    """Is read for so long and no more, and receives no more than a gateway may have to say.

    The library takes the timeout of its socket away while it reads.
    """

    def __init__(self, answer_s: float) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.settimeout(answer_s)
        self._deadline = time.monotonic() + answer_s
        self._left = MOST_BYTES

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        self.settimeout(max(self._deadline - time.monotonic(), 0.001))
        received = super().recv(min(size, self._left), flags)
        self._left -= len(received)
        if not self._left:
            raise SourceError(f"it says more than {MOST_BYTES >> 20} MiB", Reason.TOO_LARGE)
        return received


def _messages(listed: Iterable[Any]) -> list[Section]:
    held: list[Section] = []
    for message in listed:
        if len(held) == MOST_ITEMS:
            raise SourceError(f"it lists more than {MOST_ITEMS} entries")
        held.append(_text(message))
    return held


def _text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _text(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_text(held) for held in value]
    return value.decode("ascii", "replace")
