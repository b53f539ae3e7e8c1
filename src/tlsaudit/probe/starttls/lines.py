"""The protocols that talk in lines: smtp, imap, pop3, ftp, nntp, sieve."""

import re
from collections.abc import Iterable

from tlsaudit.probe.starttls.wire import Said, Step, Wire, clear_text, refusal

# A name that nobody has (RFC 2606): some servers turn away a client that gives none, or one without a dot.
_OWN_NAME = b"tlsaudit.invalid"

# "What is this command?" (RFC 5321 section 4.2.3).
_NOT_KNOWN = frozenset({b"500", b"501", b"502", b"503", b"504"})

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)" *')


def smtp(_host: str) -> Step[Said]:
    """RFC 3207; AUTH by RFC 4954."""
    wire = Wire()
    yield from _greeting(wire, b"220")
    wire.say(b"EHLO " + _OWN_NAME + b"\r\n")
    code, lines = yield from _reply(wire)
    if code in _NOT_KNOWN:  # it knows no extensions at all
        return Said(offered=False)
    if code != b"250":
        raise refusal("EHLO is refused", lines[-1])
    words = [_words(line[4:].replace(b"=", b" ")) for line in lines[1:]]
    auth = clear_text(_after("AUTH", words), "AUTH ")
    if ["STARTTLS"] not in words:
        return Said(offered=False, clear_text_auth=auth)
    wire.say(b"STARTTLS\r\n")
    code, lines = yield from _reply(wire)
    if code != b"220":
        raise refusal("STARTTLS is announced and refused", lines[-1])
    return wire.end(offered=True, clear_text_auth=auth)


def ftp(_host: str) -> Step[Said]:
    """RFC 4217. Nothing tells whether a password would be taken in clear, short of a login."""
    wire = Wire()
    yield from _greeting(wire, b"220")
    wire.say(b"AUTH TLS\r\n")
    code, lines = yield from _reply(wire)
    if code == b"234":
        return wire.end(offered=True)
    if code.startswith(b"5"):
        return Said(offered=False)
    raise refusal("AUTH TLS is refused", lines[-1])


def nntp(_host: str) -> Step[Said]:
    """RFC 4642; AUTHINFO by RFC 4643."""
    return _listing(
        (b"200", b"201"),
        ask="CAPABILITIES",
        listed=b"101",
        login="AUTHINFO USER",
        start="STARTTLS",
        go_ahead=b"382",
        not_known=b"50",
    )


def pop3(_host: str) -> Step[Said]:
    """RFC 2595 section 4; CAPA by RFC 2449."""
    ok = b"+OK"
    return _listing((ok,), ask="CAPA", listed=ok, login="USER", start="STLS", go_ahead=ok, not_known=b"-ERR")


def _listing(
    greetings: tuple[bytes, ...], *, ask: str, listed: bytes, login: str, start: str, go_ahead: bytes, not_known: bytes
) -> Step[Said]:
    """Ask for a list that ends with a dot; a server that knows none is asked for the upgrade all the same."""
    wire = Wire()
    greeting = yield from wire.line()
    if not greeting.startswith(greetings):
        raise refusal("the server does not greet", greeting)
    wire.say(f"{ask}\r\n".encode())
    announced = (yield from wire.line()).startswith(listed)
    words = [_words(line) for line in (yield from _dotted(wire))] if announced else []
    command, *further = login.split()
    user = (login,) if any(line[:1] == [command] and set(further) <= set(line) for line in words) else ()
    auth = (*user, *clear_text(_after("SASL", words), "SASL "))
    if announced and [start] not in words:
        return Said(offered=False, clear_text_auth=auth)
    wire.say(f"{start}\r\n".encode())
    status = yield from wire.line()
    if status.startswith(go_ahead):
        return wire.end(offered=True, clear_text_auth=auth)
    if not announced and status.startswith(not_known):
        return Said(offered=False)
    raise refusal(f"{start} is refused", status)


def imap(_host: str) -> Step[Said]:
    """RFC 9051 sections 6.2.1 and 11.3. Where it does not say LOGINDISABLED, the command LOGIN is open to all."""
    wire = Wire()
    greeting = yield from wire.line()
    if _words(greeting)[:2] == ["*", "PREAUTH"]:  # whom it takes to be logged in cannot upgrade any more
        return Said(offered=False)
    if _words(greeting)[:2] != ["*", "OK"]:
        raise refusal("the server does not greet", greeting)
    wire.say(b"a CAPABILITY\r\n")
    lines = yield from _tagged(wire, "A")
    words = [word for line in lines if line[:2] == ["*", "CAPABILITY"] for word in line[2:]]
    login = () if "LOGINDISABLED" in words else ("LOGIN",)
    auth = (*login, *clear_text([word.removeprefix("AUTH=") for word in words if word.startswith("AUTH=")], "AUTH="))
    if "STARTTLS" not in words:
        return Said(offered=False, clear_text_auth=auth)
    wire.say(b"b STARTTLS\r\n")
    yield from _tagged(wire, "B")
    return wire.end(offered=True, clear_text_auth=auth)


def sieve(_host: str) -> Step[Said]:
    """RFC 5804 sections 1.7 and 2.2."""
    wire = Wire()
    announced = [_strings(line) for line in (yield from _until_ok(wire))]
    known = {line[0].upper(): line[1:] for line in announced if line}
    auth = clear_text([name for value in known.get(b"SASL", []) for name in _words(value)], "SASL ")
    if b"STARTTLS" not in known:
        return Said(offered=False, clear_text_auth=auth)
    wire.say(b"STARTTLS\r\n")
    yield from _until_ok(wire)
    return wire.end(offered=True, clear_text_auth=auth)


def _greeting(wire: Wire, expected: bytes) -> Step[None]:
    code, lines = yield from _reply(wire)
    if code != expected:
        raise refusal("the server does not greet", lines[-1])


def _reply(wire: Wire) -> Step[tuple[bytes, list[bytes]]]:
    """The code, and all lines: `250-this` goes on, `250 this` or `250` is the last (RFC 5321 section 4.2.1). What is
    between them need not have the code (RFC 959 section 4.2).
    """
    lines = [(yield from wire.line())]
    code = lines[0][:3]
    if not code.isdigit() or len(code) < 3:
        raise refusal("this is no reply", lines[0])
    if lines[0][3:4] == b"-":
        while not (lines[-1].startswith(code) and lines[-1][3:4] in (b" ", b"")):
            lines.append((yield from wire.line()))
    return code, lines


def _dotted(wire: Wire) -> Step[list[bytes]]:
    """Lines up to a single dot."""
    lines = []
    while (line := (yield from wire.line())) != b".":
        lines.append(line)
    return lines


def _tagged(wire: Wire, tag: str) -> Step[list[list[str]]]:
    """The words of each line up to the one that completes a command; it must say OK."""
    lines = []
    while True:
        line = yield from wire.line()
        words = _words(line)
        if words[:1] == [tag]:
            break
        lines.append(words)
    if words[1:2] != ["OK"]:
        raise refusal("a command is refused", line)
    return lines


def _until_ok(wire: Wire) -> Step[list[bytes]]:
    lines = []
    while (words := _words(line := (yield from wire.line())))[:1] != ["OK"]:
        if words[:1] in (["NO"], ["BYE"]):
            raise refusal("the server refuses", line)
        lines.append(line)
    return lines


def _strings(line: bytes) -> list[bytes]:
    """The quoted strings with which a line begins; looking for them anywhere could take the square of its length."""
    found, end = [], 0
    while matched := _QUOTED.match(line, end):
        found.append(matched[1])
        end = matched.end()
    return found


def _after(keyword: str, lines: Iterable[list[str]]) -> list[str]:
    """The words after a keyword, of all lines that begin with it."""
    return [word for line in lines if line[:1] == [keyword] for word in line[1:]]


def _words(line: bytes) -> list[str]:
    return line.decode("ascii", "replace").upper().split()
