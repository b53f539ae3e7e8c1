"""The output of `swanctl --list-sas --raw`, `--list-conns --raw` and `--list-pols --raw`, also with `--pretty`."""

import re
from collections.abc import Iterator

from tlsaudit.probe.ipsec.charon import Section, told_by_charon
from tlsaudit.probe.ipsec.told import SourceError, Told

_EVENT = re.compile(r"\s*list-(sa|conn|policy) event \{")
_REPLY = re.compile(r"\s*list-(sas|conns|policies) reply \{\s*\}")
_OPEN = re.compile(r"([^\s={}\[\]]{1,256})\s?\{")
_KEY = re.compile(r"([\w.-]{1,64}) ?= ?")
_ITEM = re.compile(r"[^\s\[\]]{1,256}(?:\[[^\s\]]{0,64}\])?")
# A value may have spaces: it goes on to the next key, section or end.
_END = re.compile(r"\n| (?=[\w.-]{1,64}=)| (?=[^\s={}\[\]]{1,256} \{)|(?=\})")
_SPACE = re.compile(r"\s*")
_MOST_DEPTH = 16


def told_by_swanctl(sas: str | None, connections: str | None, policies: str | None) -> Told:
    """From what was printed; None where that was not asked for. Raises SourceError."""
    return told_by_charon(
        None if sas is None else [*messages(sas, "sa")],
        None if connections is None else [*messages(connections, "conn")],
        None if policies is None else [*messages(policies, "policy")],
    )


def messages(text: str, kind: str) -> Iterator[Section]:
    """The events of this kind, `sa`, `conn` or `policy`. Raises SourceError."""
    at = 0
    while at < len(text):
        if event := _EVENT.match(text, at):
            if event[1] != kind:
                raise SourceError(f"this is the output of --list-{event[1]}s, not of --list-{kind}s")
            section, at = _section(text, event.end(), 0)
            yield section
        elif reply := _REPLY.match(text, at):
            at = reply.end()
        elif text[at:].strip():
            line = text.count("\n", 0, at) + 1
            raise SourceError(f"line {line} is not what swanctl prints with --raw")
        else:
            return


def _section(text: str, at: int, depth: int) -> tuple[Section, int]:
    """What stands before the closing brace, and where it goes on behind that."""
    held: dict[str, str | list[str] | Section] = {}
    if depth > _MOST_DEPTH:
        raise SourceError("its sections are nested too deep")
    while True:
        at = _end_of(_SPACE.match(text, at))
        if text.startswith("}", at):
            return held, at + 1
        value: str | list[str] | Section
        if opened := _OPEN.match(text, at):
            name = opened[1]
            value, at = _section(text, opened.end(), depth + 1)
        elif key := _KEY.match(text, at):
            name = key[1]
            value, at = _value(text, key.end())
        else:
            line = text.count("\n", 0, at) + 1
            raise SourceError(f"line {line} is not what swanctl prints with --raw, or was cut off")
        if name in held:  # an identity with spaces and equals signs in it can look like keys
            raise SourceError(f"{name[:64]} stands twice in one section: save it with --raw --pretty")
        held[name] = value


def _value(text: str, at: int) -> tuple[str | list[str], int]:
    if not text.startswith("[", at):
        end = _END.search(text, at)
        return text[at : end.start() if end else len(text)], end.start() if end else len(text)
    items: list[str] = []
    at += 1
    while True:
        at = _end_of(_SPACE.match(text, at))
        if text.startswith("]", at):
            return items, at + 1
        item = _ITEM.match(text, at)
        if not item:
            raise SourceError("a list is not what swanctl prints with --raw, or was cut off")
        items.append(item[0])
        at = item.end()


def _end_of(matched: re.Match[str] | None) -> int:
    return matched.end() if matched else 0
