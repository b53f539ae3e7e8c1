"""Find the checks: those built in, those of installed packages, those of a folder; select them, set their options."""

import hashlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NamedTuple

from tlsaudit.check import Check, CheckError, Rule
from tlsaudit.check.profile import TAG, profile_checks
from tlsaudit.errors import UserError
from tlsaudit.policy import (
    IssuerDomains,
    Policy,
    PreloadList,
    PublicSuffixes,
    issuer_domains,
    public_suffixes,
    reference_clients,
)
from tlsaudit.policy.profile import profiles, read_profile
from tlsaudit.target import TargetError, parse_duration

ENTRY_POINT_GROUP = "tlsaudit.checks"


class RegistryError(UserError):
    """A check that cannot be loaded, found or set; the message is one line that says what to do."""


class UnknownCheckError(RegistryError):
    """An id or tag that no installed check has. `suggestion` is the nearest one, if any is near."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.suggestion = next(iter(get_close_matches(name, list(known), n=1)), None)
        hint = f"did you mean {self.suggestion}?" if self.suggestion else "see: tlsaudit explain"
        super().__init__(f"no check is called {name}: {hint}")


class UnknownProfileError(RegistryError):
    """A profile that is not installed."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        suggestion = next(iter(get_close_matches(name, sorted(known), n=1)), None)
        hint = f"did you mean {suggestion}?" if suggestion else "see: tlsaudit explain; a file's name ends with .yaml"
        super().__init__(f"no profile is called {name}: {hint}")


class Registry(Mapping[str, Check]):
    """The installed checks by id, in alphabetical order."""

    def __init__(self, checks: Iterable[Check]) -> None:
        found: dict[str, Check] = {}
        for item in checks:
            if item.id in found:
                files = f"{_file(found[item.id])} and {_file(item)}"
                raise RegistryError(f"two checks are called {item.id}: {files}; rename one of the files")
            found[item.id] = item
        self._checks = dict(sorted(found.items()))

    @classmethod
    def load(cls, folders: Iterable[Path] = ()) -> "Registry":
        """Everything installed, and the checks in these folders. Raises RegistryError."""
        return cls([*_built_in(), *_from_entry_points(), *_from_folders(folders)])

    def with_profiles(self, files: Iterable[Path]) -> "Registry":
        """These checks, and the tiers of the profiles in files. Raises ProfileError and RegistryError."""
        own = (check for file in files for check in profile_checks(read_profile(file)))
        return Registry([*self._checks.values(), *own])

    def __getitem__(self, name: str) -> Check:
        try:
            return self._checks[name]
        except KeyError:
            raise UnknownCheckError(name, self._checks) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._checks)

    def __len__(self) -> int:
        return len(self._checks)

    def __contains__(self, name: object) -> bool:
        return name in self._checks

    def select(
        self, select: Iterable[str] = (), ignore: Iterable[str] = (), *, asked: Iterable[str] = ()
    ) -> list[Check]:
        """The checks whose id or tag is selected and not ignored, by id.

        Where nothing is selected, those are all but the ones that are opt-in and whose ids are not among `asked`.
        """
        wanted = self._named(select) or {check.id for check in self._checks.values() if not check.opt_in}.union(asked)
        unwanted = self._named(ignore)
        return [check for name, check in self._checks.items() if name in wanted - unwanted]

    def profiles(self, names: Iterable[str]) -> list[str]:
        """The ids of the tiers of published guidelines with these ids or tags. Raises UnknownProfileError."""
        tiers = [check for check in self._checks.values() if TAG in check.tags]
        found = []
        for name in names:
            matching = [check.id for check in tiers if name == check.id or name in check.tags]
            if not matching:
                raise UnknownProfileError(name, {label for check in tiers for label in (check.id, *check.tags)})
            found += matching
        return found

    def _named(self, names: Iterable[str]) -> set[str]:
        chosen: set[str] = set()
        tags = {tag for check in self._checks.values() for tag in check.tags}
        for name in names:
            matching = {check.id for check in self._checks.values() if name == check.id or name in check.tags}
            if not matching:
                raise UnknownCheckError(name, [*self._checks, *tags])
            chosen |= matching
        return chosen


class Selection(NamedTuple):
    """The installed checks, and what the user says of which are to be run: ids and tags. `profiles` are those of
    published guidelines, which are run beside the others.
    """

    registry: Registry
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, registry: Registry, select: tuple[str, ...], ignore: tuple[str, ...], profiles: tuple[str, ...]
    ) -> "Selection":
        """With profiles by name (of a tier, or of a guideline, for all of its tiers) or by file. Raises UserError."""
        files = {name: Path(name) for name in profiles if name.endswith((".yaml", ".yml")) or "/" in name}
        wider = registry.with_profiles(files.values())
        own = [check.id for check in wider.values() if check.id not in registry]
        names = [name for name in profiles if name not in files]
        return cls(wider, select, ignore, (*wider.profiles(names), *own))

    def checks(self, asked: Iterable[str] = ()) -> list[Check]:
        """The checks that are to be run; `asked` are ids that a targets file names. Raises UnknownCheckError."""
        chosen = {check.id for check in self.registry.select(self.select, self.ignore, asked=asked)}
        return [check for name, check in self.registry.items() if name in chosen.union(self.profiles)]

    @property
    def named(self) -> frozenset[str]:
        """The checks that are to be run and were selected by their ids."""
        return frozenset((*self.select, *self.profiles)).intersection(check.id for check in self.checks())


_SHARED = frozenset(
    {"tlsaudit.check.links", "tlsaudit.check.parity", "tlsaudit.check.sessions", "tlsaudit.check.sharing"}
    | {"tlsaudit.policy.negotiate"}
)
"""Modules in which several checks have what they judge by."""


def digest(check: Check) -> str:
    """A short fingerprint of the files that make the rule and of the published knowledge that it is held against:
    another digest means that the rule may have changed. A preload list is no part of it: to be on a newer one is
    progress."""
    known = "".join(repr(_policy(kind, None)) for kind in check.policies.values())
    return hashlib.sha256(b"".join(file.read_bytes() for file in sources(check)) + known.encode()).hexdigest()[:12]


def sources(check: Check) -> list[Path]:
    """The files that make the rule: the function's own, and those that others share from which it takes something."""
    taken = {getattr(each, "__module__", None) for each in vars(sys.modules[check.function.__module__]).values()}
    shared = (inspect.getfile(sys.modules[name]) for name in sorted(_SHARED & taken))
    return [Path(inspect.getfile(check.function)), *map(Path, shared), *check.sources]


def rule(check: Check, settings: Mapping[str, object], preload_list: PreloadList | None = None) -> Rule:
    """The check with its defaults and these settings, as written in targets.yaml. Raises RegistryError.

    Where there is no `preload_list`, a rule that takes one lacks it, and does not apply.
    """
    options = {option.name: option.default for option in check.options.values()}
    for name, value in settings.items():
        if name not in check.options:
            known = ", ".join(check.options) or "none"
            raise RegistryError(f"{check.id} has no option {name}: it has {known}")
        options[name] = _parse(check, name, value)
    policies = ((parameter, _policy(kind, preload_list)) for parameter, kind in check.policies.items())
    return Rule(check, options, {parameter: policy for parameter, policy in policies if policy is not None})


def _policy(kind: Any, preload_list: PreloadList | None) -> Policy | None:
    if kind is PublicSuffixes:
        return public_suffixes()
    if kind is IssuerDomains:
        return issuer_domains()
    return preload_list if kind in (PreloadList, PreloadList | None) else reference_clients()


def _parse(check: Check, name: str, value: object) -> object:
    from pydantic import BeforeValidator, TypeAdapter, ValidationError

    annotation: Any = check.options[name].annotation
    if annotation is timedelta:
        annotation = Annotated[timedelta, BeforeValidator(_duration)]
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        complaint = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise RegistryError(f"{check.id}, option {name}: {value!r}: {complaint}") from None


def _duration(value: object) -> timedelta:
    try:
        return parse_duration(str(value))
    except TargetError as error:
        raise ValueError(str(error)) from None  # what pydantic takes for a bad value


def _built_in() -> Iterator[Check]:
    package = import_module("tlsaudit.checks")
    for module in pkgutil.iter_modules(package.__path__):
        yield _check_of(import_module(f"{package.__name__}.{module.name}"), module.name)
    for profile in profiles():
        yield from profile_checks(profile)


def _from_entry_points() -> Iterator[Check]:
    for entry in metadata.entry_points(group=ENTRY_POINT_GROUP):
        try:
            loaded = entry.load()
            yield loaded if isinstance(loaded, Check) else _check_of(loaded, entry.name)
        except (Exception, SystemExit) as error:  # whatever a third party's module raises at import
            raise RegistryError(f"the check {entry.name} of {entry.value} cannot be loaded: {error}") from error


def _from_folders(folders: Iterable[Path]) -> Iterator[Check]:
    for folder in folders:
        if not folder.is_dir():
            raise RegistryError(f"--checks-dir {folder}: no such folder")
        for file in sorted(folder.glob("[!_]*.py")):
            yield _check_of(_import_file(file), file.stem)


def _import_file(file: Path) -> ModuleType:
    name = f"tlsaudit_checks_dir.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RegistryError(f"{file}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # get_type_hints looks the module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's module raises at import
        raise RegistryError(f"{file}: {type(error).__name__}: {error}") from error
    return module


def _check_of(module: ModuleType, name: str) -> Check:
    found = getattr(module, name, None)
    if not isinstance(found, Check):
        raise RegistryError(f"{module.__file__}: no @check function called {name}")
    if not found.documentation:
        raise RegistryError(f"{module.__file__}: the module's docstring is missing: it is the check's documentation")
    return found


def _file(check: Check) -> str:
    return str(check.sources[0]) if check.sources else inspect.getfile(check.function)


__all__ = ["CheckError", "Registry", "RegistryError", "UnknownCheckError", "digest", "rule", "sources"]
