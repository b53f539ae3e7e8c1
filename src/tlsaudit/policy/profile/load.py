"""A profile file -> Profile. What is wrong with it is told with its line; nothing in it is ever run."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tlsaudit.policy.profile.fields import FIELDS, Field
from tlsaudit.policy.profile.model import Profile, ProfileRule, Tier
from tlsaudit.target.problem import Problem, TargetsError, did_you_mean, shown
from tlsaudit.target.source import Source, read_source

_FOLDER = Path(__file__).parent.parent / "profiles"
_NEEDED = ("profile", "title", "publisher", "version", "url", "tiers", "rules")
_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_RULE_KEYS = ("id", "kind", "source", "level", "tiers", "from")

Step = str | int


class ProfileError(TargetsError):
    """A profile file that cannot be used; str() is one line for each problem, `file:line:column: message`."""


@cache
def profiles() -> Sequence[Profile]:
    """Those shipped with this version, by file name."""
    return tuple(read_profile(path) for path in sorted(_FOLDER.glob("*.yaml")))


def read_profile(path: Path) -> Profile:
    """Read a profile file. Raises ProfileError."""
    if not path.is_file():
        raise ProfileError(str(path), [Problem(0, 0, "no such file: a profile is named, or a file that holds one")])
    try:
        reader = _Reader(read_source(path))
    except TargetsError as error:
        raise ProfileError(error.path, error.problems) from None
    profile = reader.profile()
    if reader.problems or profile is None:
        raise ProfileError(str(path), reader.problems)
    return profile


class _Reader:
    """Reads the whole file and gathers what is wrong with it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._values = source.values
        self.problems = list(source.problems)

    def _problem(self, place: tuple[Step, ...], message: str, *, key: bool = False) -> None:
        self.problems.append(Problem(*self._source.position(place, key=key), message))

    def profile(self) -> Profile | None:
        known = (*_NEEDED, "published", "below", "web", "notes")
        self._known((), self._values, known)
        for name in _NEEDED:
            if name not in self._values:
                self._problem((), f"no {name}: a profile has {', '.join(_NEEDED)}")
        tiers = self._values.get("tiers")
        rules = self._values.get("rules")
        if not isinstance(tiers, dict) or not tiers:
            self._problem(
                ("tiers",), "tiers takes a mapping, best first: such as {good: {id: house-good, title: good}}"
            )
            return None
        if not isinstance(rules, list) or not rules:
            self._problem(("rules",), "rules takes a list of at least one rule")
            return None
        names = list(tiers)
        read = [rule for index, value in enumerate(rules) for rule in self._rule(index, value, names)]
        return Profile(
            id=self._id(("profile",)),
            title=self._text(("title",)),
            publisher=self._text(("publisher",)),
            version=self._text(("version",)),
            published=self._day(("published",)) if "published" in self._values else None,
            url=self._text(("url",)),
            below=self._text(("below",)) if "below" in self._values else "none",
            web=self._flag("web"),
            notes=self._notes(),
            tiers=tuple(
                Tier(
                    name,
                    self._id(("tiers", name, "id")),
                    self._text(("tiers", name, "title")),
                    tuple(rule for tier, rule in read if tier == name),
                )
                for name in names
            ),
            path=self._source.path,
        )

    def _flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            self._problem((name,), f"{name}: {shown(value)} is neither true nor false")
        return value is True

    def _notes(self) -> tuple[str, ...]:
        notes = self._values.get("notes", [])
        if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
            self._problem(("notes",), "notes takes a list of texts")
            return ()
        return tuple(notes)

    def _rule(self, index: int, rule: Any, tiers: list[str]) -> Iterator[tuple[str, ProfileRule]]:
        """The rule as each tier has it."""
        here: tuple[Step, ...] = ("rules", index)
        kind = rule.get("kind") if isinstance(rule, dict) else None
        if not isinstance(rule, dict) or not isinstance(kind, str) or kind not in FIELDS:
            near = did_you_mean(str(kind), FIELDS) or f": there are {', '.join(FIELDS)}"
            self._problem((*here, "kind"), f"no kind of rule is called {shown(kind)}{near}")
            return
        fields = FIELDS[kind]
        self._known(here, rule, (*_RULE_KEYS, *fields))
        name, source = self._id((*here, "id")), self._text((*here, "source"))
        since = self._day((*here, "from")) if "from" in rule else None
        if rule.get("level", "required") not in ("required", "recommended"):
            self._problem((*here, "level"), f"level: {shown(rule['level'])} is neither required nor recommended")
        of = rule.get("tiers", tiers)
        if not isinstance(of, list) or not all(tier in tiers for tier in of):
            self._problem((*here, "tiers"), f"tiers: write some of [{', '.join(tiers)}]")
            return
        values = {field: self._field((*here, field), rule, fields[field], tiers) for field in fields}
        for tier in of:
            own = {field: value for field, by_tier in values.items() if (value := by_tier.get(tier)) is not None}
            if all(field in own or fields[field].optional for field in fields):
                recommended = rule.get("level") == "recommended"
                yield tier, ProfileRule(name, kind, own, source, since, recommended)

    def _field(self, place: tuple[Step, ...], rule: dict[str, Any], field: Field, tiers: list[str]) -> dict[str, Any]:
        """The value by tier. A list that is given by tier grows from the best tier on."""
        name = str(place[-1])
        if name not in rule:
            if not field.optional:
                self._problem(place[:-1], f"the rule has no {name}")
            return {}
        value = rule[name]
        if not isinstance(value, dict):
            read = self._read(place, value, field)
            return dict.fromkeys(tiers, read)
        self._known(place, value, tiers)
        found: dict[str, Any] = {}
        so_far: tuple[Any, ...] = ()
        for tier in tiers:
            if tier in value:
                read = self._read((*place, tier), value[tier], field)
                so_far = (*so_far, *read) if field.many and read else so_far
                found[tier] = so_far if field.many else read
            elif field.many and so_far:
                found[tier] = so_far
        return found

    def _read(self, place: tuple[Step, ...], value: Any, field: Field) -> Any:
        if field.many and not isinstance(value, list):
            self._problem(place, f"{place[-1]} takes a list: such as [{shown(value)}]")
            return ()
        read = []
        for index, item in enumerate(value if field.many else [value]):
            try:
                read.append(field.read(item))
            except ValueError as error:
                self._problem((*place, index) if field.many else place, str(error))
        return tuple(read) if field.many else next(iter(read), None)

    def _known(self, place: tuple[Step, ...], mapping: dict[str, Any], known: Sequence[str]) -> None:
        for name in mapping:
            if name not in known:
                near = did_you_mean(name, known) or f": known here are {', '.join(known)}"
                self._problem((*place, name), f"unknown key {shown(name)}{near}", key=True)

    def _at(self, place: tuple[Step, ...]) -> Any:
        value: Any = self._values
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _text(self, place: tuple[Step, ...]) -> str:
        value = self._at(place)
        if isinstance(value, str) and value:
            return value
        self._problem(place, f"{place[-1]} takes text" + ("" if value is None else f": put {shown(value)} in quotes"))
        return ""

    def _id(self, place: tuple[Step, ...]) -> str:
        text = self._text(place)
        if text and not _ID.fullmatch(text):
            self._problem(place, f"{shown(text)}: an id has small letters, digits, - and .")
        return text

    def _day(self, place: tuple[Step, ...]) -> date | None:
        value = self._at(place)
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._problem(place, f"{shown(value)} is no day: write it as 2027-06-30")
            return None
