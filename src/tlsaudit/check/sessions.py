"""How many of the clients that connect get forward secrecy, and who gets what."""

from collections.abc import Mapping

from tlsaudit.check.outcome import Fact, Verdict, failed, passed, unknown
from tlsaudit.evidence import suite
from tlsaudit.policy import Session


def forward_secrecy(sessions: Mapping[str, Session | None]) -> Verdict:
    """A verdict over what each client gets, by its name; None: it cannot connect, which is no failure here.

    Its facts are the share of those that connect with its counts, and in `sessions` the clients by what they get.
    """
    connected = {name: session for name, session in sessions.items() if session}
    without = {name: session for name, session in connected.items() if session.forward_secret is False}
    undecided = [name for name, session in connected.items() if session.forward_secret is None]
    secret = len(connected) - len(without) - len(undecided)
    by_session: dict[str, list[str]] = {}
    for name, session in connected.items():
        by_session.setdefault(str(session), []).append(name)
    facts: dict[str, Fact] = {
        "forward_secret": secret,
        "connected": len(connected),
        "clients": len(sessions),
        "sessions": by_session,
        "not_connected": [name for name, session in sessions.items() if not session],
    }
    if not connected:
        return unknown("none of the reference clients has anything in common with this server", **facts)
    facts["share"] = round(secret / len(connected), 4)
    if without:
        name, session = next(iter(without.items()))
        example = f"{name} gets {suite(session.suites[0]).name}"
        count = f"{len(without)} of {len(connected)}"
        facts["without"] = list(without)
        return failed(f"{count} reference clients get no forward secrecy: {example}", **facts)
    if undecided:
        count = f"{len(undecided)} of {len(connected)}"
        return unknown(f"whose order decides was not seen: {count} reference clients may get either", **facts)
    return passed(f"all {len(connected)} reference clients that connect get forward secrecy", **facts)
