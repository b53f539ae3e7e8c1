"""What to look at: the targets of the command line, or a targets file held against the installed checks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tlsaudit.app.inventory import read_file, read_stdin
from tlsaudit.check import SubjectKind
from tlsaudit.errors import UserError, check_path
from tlsaudit.goal import DRILLS, RECORDED, ObjectiveError, Subjects, checks_of, recorded_name, subject_kind, weights_of
from tlsaudit.registry import Registry, RegistryError, UnknownCheckError, rule
from tlsaudit.target import (
    Endpoint,
    Inventory,
    ObjectiveSpec,
    Roster,
    SocketAddress,
    Targets,
    is_history_url,
    load_history,
    load_targets,
    parse_target,
    routed,
    sqlite_url,
    with_pins,
)

if TYPE_CHECKING:
    from tlsaudit.target.listed import Reader

Pin = tuple[tuple[str, int], SocketAddress]


class Named(NamedTuple):
    """The endpoints that the user named, each once, and what was left out of their files."""

    endpoints: Roster
    notes: list[str]


def endpoints_of(
    targets: Sequence[str],
    files: Sequence[Path],
    pins: Iterable[Pin],
    sample: int | None = None,
    format: str | None = None,  # noqa: A002 the word
) -> Named:
    """Those named as arguments, in files and, for `-`, on standard input.

    `format` is one of `inventory.FORMATS`, None for what each file looks like. For `sample` see ProbeSettings. Raises
    UserError.
    """
    found: list[Sequence[Endpoint]] = []
    notes: list[str] = []
    for text in targets:
        if text == "-":
            _take(read_stdin(format), "standard input", found, notes)
        else:
            found.append([parse_target(text)])
    for file in files:
        _take(read_file(file, format), str(file), found, notes)
    endpoints = Roster(chain.from_iterable(found))
    if not endpoints:
        raise UserError("; ".join(notes) or "nothing to scan: name a host, or a file of hosts with -f")
    once = endpoints.without({number for _, *further in endpoints.repeated() for number in further})
    return Named(_changed(routed(once), by_socket(pins), sample), notes)


def _take(inventory: Inventory, name: str, found: list[Sequence[Endpoint]], notes: list[str]) -> None:
    found.append(inventory.endpoints)
    left_out = list(inventory.notes(name))
    notes += left_out if left_out or inventory.endpoints else [f"{name}: no host is named there"]


def _sampled(endpoints: Iterable[Endpoint], sample: int | None) -> Iterator[Endpoint]:
    for endpoint in endpoints:
        yield endpoint if sample is None or not endpoint.speaks_http else replace(endpoint, sample=sample)


def by_socket(pins: Iterable[Pin]) -> Mapping[tuple[str, int], tuple[SocketAddress, ...]]:
    known: dict[tuple[str, int], tuple[SocketAddress, ...]] = {}
    for public, real in pins:
        known[public] = (*known.get(public, ()), real)
    return known


def load(
    path: Path, pins: Iterable[Pin], registry: Registry, sample: int | None = None, read: "Reader" = read_file
) -> tuple[Targets, list[str]]:
    """The targets file, and warnings: names of checks that are not installed here but may be elsewhere. For `sample`
    see ProbeSettings; its inventories are `read`.

    A near miss of the name of an installed check or of a recorded measurement, an unknown check in a waiver, checks of
    different subjects in one objective, and a bad option of a check are errors.
    """
    targets = load_targets(path, read)
    kinds = {check.id: check.subject_kind for check in registry.values()}
    warnings = [*targets.notes, *_objectives(targets, registry, kinds)]
    _check_weights(targets, kinds)
    for index, waiver in enumerate(targets.waivers):
        try:
            registry[waiver.check]
        except UnknownCheckError as error:
            raise targets.problem_at(("waivers", index, "check"), str(error)) from None
    for name, options in targets.check_options.items():
        try:
            rule(registry[name], options)
        except RegistryError as error:
            raise targets.problem_at(("checks", name), str(error)) from None
    return _pinned(targets, by_socket(pins), sample), warnings


def asked_for(targets: Targets) -> frozenset[str]:
    """The ids of the checks that a targets file names as part of an objective or under `checks`."""
    of_objectives = (name for objective in targets.objectives for name in checks_of(objective))
    return frozenset((*of_objectives, *targets.check_options))


def _objectives(targets: Targets, registry: Registry, kinds: Mapping[str, SubjectKind]) -> Iterator[str]:
    """Warnings. Raises TargetsError."""
    for objective in targets.objectives:
        here = ("objectives", objective.id)
        if name := recorded_name(objective, kinds):
            if name == DRILLS:
                _check_drills(targets, objective)
            elif objective.scope:
                problem = f"{name} is of whatever was recorded, so it has no scope: leave it out"
                raise targets.problem_at((*here, "scope"), problem)
            continue
        try:
            for name in checks_of(objective):
                if name not in registry:
                    yield _not_installed(objective, name, registry)
            subject_kind(objective, kinds)
        except (UnknownCheckError, ObjectiveError) as error:
            raise targets.problem_at(here, str(error)) from None


def _check_drills(targets: Targets, objective: ObjectiveSpec) -> None:
    """Raises TargetsError where an objective is not of drills that can be."""
    here = ("objectives", objective.id)
    if objective.metric and objective.metric.fact != "share":
        raise targets.problem_at((*here, "metric"), f"{DRILLS} has no {objective.metric.fact}: write {DRILLS}/share")
    if not Subjects(targets).at_sites(objective.scope):
        problem = "no service at two sites or more is in scope, and a drill is from one site to another"
        raise targets.problem_at((*here, "scope" if objective.scope else "metric"), problem)


def _check_weights(targets: Targets, kinds: Mapping[str, SubjectKind]) -> None:
    """Raises TargetsError where something in the scope of a weighted objective has no weight."""
    weighted = [objective for objective in targets.objectives if objective.weighted]
    if not weighted:
        return
    subjects = Subjects(targets)
    for objective in weighted:
        kind = subject_kind(objective, kinds)
        try:
            weights_of(objective, subjects.in_scope(objective.scope, kind) if kind else (), subjects)
        except ObjectiveError as error:
            raise targets.problem_at(("objectives", objective.id, "weighted"), str(error)) from None


def _not_installed(objective: ObjectiveSpec, name: str, registry: Registry) -> str:
    """The warning. Raises UnknownCheckError for a near miss."""
    error = UnknownCheckError(name, [*registry, *(RECORDED if objective.metric else ())])
    if error.suggestion:
        raise error
    return f"{objective.title}: no check called {name} is installed, so this is not measured"


def _pinned(
    targets: Targets, known: Mapping[tuple[str, int], tuple[SocketAddress, ...]], sample: int | None
) -> Targets:
    targets = replace(targets, control=tuple(with_pins(targets.control, known)))
    changed = _changed(targets.endpoints, known, sample)
    return targets if changed is targets.endpoints else targets.having(changed)


def _changed(
    endpoints: Roster, known: Mapping[tuple[str, int], tuple[SocketAddress, ...]], sample: int | None
) -> Roster:
    """As the command line has them."""
    return Roster(_sampled(with_pins(endpoints, known), sample)) if known or sample is not None else endpoints


def history_of(config: Path, option: str | None, targets: Targets | None = None) -> str:
    """The database URL of the history: that of --db (a URL or a file), else the targets file's, else history.db
    beside it. With --db the targets file is not read, and without `targets` no more of it than that. Raises UserError.
    """
    if option is not None:
        if "://" in option and not is_history_url(option):
            raise UserError("--db: write a file, sqlite:///history.db or postgresql://host/name")
        return option if "://" in option else _in_file(Path(option).absolute())
    named = targets.history if targets else load_history(config)
    return named or _in_file(config.absolute().parent / "history.db")


def _in_file(file: Path) -> str:
    check_path(file)
    return sqlite_url(file)
