"""How many of the clients that connect get forward secrecy, and who gets what."""

from collections.abc import Mapping
from functools import lru_cache

from tlsaudit.check.outcome import Fact, Verdict, failed, passed, unknown
from tlsaudit.evidence import suite
from tlsaudit.policy import Session


def forward_secrecy(sessions: Mapping[str, Session | None]) -> Verdict:
    """A verdict over what each client gets, by its name; None: it cannot connect, which is no failure here.

    Its facts are the share of those that connect with its counts, and in `sessions` the clients by what they get.
    """
    return _forward_secrecy(tuple(sessions.items()))


@lru_cache(maxsize=1024)  # the hosts of a fleet are much alike
def _forward_secrecy(sessions: tuple[tuple[str, Session | None], ...]) -> Verdict:
    by_session: dict[Session, list[str]] = {}
    for name, session in sessions:
        if session:
            by_session.setdefault(session, []).append(name)
    connected = sum(map(len, by_session.values()))
    secret = _clients(by_session, forward_secret=True)
    facts: dict[str, Fact] = {
        "forward_secret": len(secret),
        "connected": connected,
        "clients": len(sessions),
        "sessions": {str(session): names for session, names in by_session.items()},
        "not_connected": [name for name, session in sessions if not session],
    }
    if not connected:
        return unknown("none of the reference clients has anything in common with this server", **facts)
    facts["share"] = round(len(secret) / connected, 4)
    if without := _clients(by_session, forward_secret=False):
        session, (name, *_) = next(item for item in by_session.items() if item[0].forward_secret is False)
        example = f"{name} gets {suite(session.suites[0]).name}"
        message = f"{len(without)} of {connected} reference clients get no forward secrecy: {example}"
        return failed(message, **facts, without=without)
    if undecided := _clients(by_session, forward_secret=None):
        count = f"{len(undecided)} of {connected}"
        return unknown(f"whose order decides was not seen: {count} reference clients may get either", **facts)
    return passed(f"all {connected} reference clients that connect get forward secrecy", **facts)


def _clients(by_session: Mapping[Session, list[str]], *, forward_secret: bool | None) -> list[str]:
    return [name for session, names in by_session.items() if session.forward_secret is forward_secret for name in names]
