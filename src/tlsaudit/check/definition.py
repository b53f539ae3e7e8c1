"""The `@check` decorator and what it makes of a function: its id, its subject, the evidence it needs, its options."""

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from tlsaudit.check.outcome import Setting, Severity, SubjectKind, Verdict
from tlsaudit.check.subject import BySite, ByVantage, Fleet, Parent, Past
from tlsaudit.evidence import Evidence, EvidenceType, LinkState, NotObserved
from tlsaudit.policy import Policy

_FIX = re.compile(r"^- (\w+): `(.+)`$", re.MULTILINE)

CheckFunction = Callable[..., Iterator[Verdict]]

Beside = tuple[type[Past[Any]] | type[Parent[Any]], EvidenceType]
"""What a check takes beside the evidence that it judges: how, and of which type."""

Across = type[BySite[Any]] | type[ByVantage[Any]]
"""Over which places a check compares what was seen of a service."""

_ACROSS: tuple[Across, ...] = (BySite, ByVantage)
_WRAPPERS: Mapping[Any, SubjectKind] = {**dict.fromkeys(_ACROSS, SubjectKind.SERVICE), Fleet: SubjectKind.FLEET}
_BESIDE: Mapping[Any, str] = {Past: "the past", Parent: "the parents"}


class CheckError(Exception):
    """A check that does not keep the contract; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword-only parameter of a check: settable from targets.yaml."""

    name: str
    annotation: Any
    default: object


class PublishedTier(NamedTuple):
    """A tier of a published guideline, with the guideline's title, version and URL. `tier` is None where there is but
    one.
    """

    tier: str | None
    title: str
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class Check:
    """A rule: a pure function from evidence to verdicts, with what a reader and the runner need to know.

    `evidence` are the types of the positional parameters, in order; after them the function takes what is `beside` it,
    each a wrapper (Past or Parent) and the type in it. `policies` are the names and types of the parameters that take
    published knowledge. `samples` are the facts that differ from one look to the next though nothing was changed, as
    latencies do: the history keeps them for a few weeks. `faults` are the facts that list what is wrong, one by one: a
    failure to which one is added is a worse one, and so is one with less of a figure in `strengths`. One that is
    `opt_in` is run only where the user names it.

    Where evidence of an `optional` type is missing, the function is handed the NotObserved and decides itself; the type
    of such a parameter says so (`BySite[TlsOffer | NotObserved]`).
    `across` is how a check of services takes its evidence.
    `sources` are the files that make the rule, beside the function's own; `tier` is that of a published guideline.
    """

    id: str
    title: str
    severity: Severity
    tags: frozenset[str]
    settings: frozenset[Setting]
    references: tuple[str, ...]
    subject_kind: SubjectKind
    evidence: tuple[EvidenceType, ...]
    beside: tuple[Beside, ...]
    options: Mapping[str, Option]
    policies: Mapping[str, Any]
    samples: frozenset[str]
    opt_in: bool
    function: CheckFunction
    documentation: str
    faults: frozenset[str] = frozenset()
    strengths: frozenset[str] = frozenset()
    optional: frozenset[EvidenceType] = frozenset()
    across: Across | None = None
    sources: tuple[Path, ...] = ()
    tier: PublishedTier | None = None

    @property
    def summary(self) -> str:
        """The first paragraph of the documentation, on one line."""
        return " ".join(self.documentation.split("\n\n")[0].split())

    @property
    def fixes(self) -> dict[str, str]:
        """A line of configuration by server name, from lines such as "- nginx: `ssl_protocols TLSv1.3;`"."""
        return dict(_FIX.findall(self.section("Remediation")))

    def section(self, name: str) -> str:
        """The text under `## name`, empty where there is none."""
        lines: list[str] = []
        inside = False
        for line in self.documentation.splitlines():
            if line.startswith("## "):
                inside = line.removeprefix("## ").strip() == name
            elif inside:
                lines.append(line)
        return "\n".join(lines).strip()


def check(
    *,
    title: str,
    severity: Severity,
    tags: Collection[str] = (),
    settings: Collection[Setting] = (),
    references: Collection[str] = (),
    samples: Collection[str] = (),
    faults: Collection[str] = (),
    strengths: Collection[str] = (),
    opt_in: bool = False,
) -> Callable[[CheckFunction], Check]:
    """Make a check of a function. Its module's file name is the id, its module's docstring the documentation.

    Raises CheckError where the signature does not say what evidence is judged.
    """

    def define(function: CheckFunction) -> Check:
        name = function.__name__
        file = function.__module__.rpartition(".")[2]
        if name != file:
            raise CheckError(f"{file}.py: name the check function {file}, not {name}: the file name is the id")
        module = inspect.getmodule(function)
        signature = _signature(function)
        return Check(
            id=name.replace("_", "-"),
            title=title,
            severity=severity,
            tags=frozenset(tags),
            settings=frozenset(settings),
            references=tuple(references),
            subject_kind=signature.kind,
            evidence=tuple(signature.evidence),
            beside=tuple(signature.beside),
            options=signature.options,
            policies=signature.policies,
            samples=frozenset(samples),
            opt_in=opt_in,
            function=function,
            documentation=inspect.cleandoc((module and module.__doc__) or ""),
            faults=frozenset(faults),
            strengths=frozenset(strengths),
            optional=frozenset(signature.optional),
            across=signature.across,
        )

    return define


class _Signature(NamedTuple):
    kind: SubjectKind
    across: Across | None
    evidence: list[EvidenceType]
    optional: set[EvidenceType]
    beside: list[Beside]
    options: dict[str, Option]
    policies: dict[str, Any]


def _signature(function: CheckFunction) -> _Signature:
    name = function.__name__
    hints = get_type_hints(function)
    positional: dict[str, Any] = {}
    options: dict[str, Option] = {}
    policies: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in hints:
            raise CheckError(f"{name}: parameter {parameter.name} has no type")
        hint = hints[parameter.name]
        if parameter.kind is not parameter.KEYWORD_ONLY:
            positional[parameter.name] = hint
        elif hint in get_args(Policy):
            policies[parameter.name] = hint
        elif parameter.default is parameter.empty:
            raise CheckError(f"{name}: option {parameter.name} has no default")
        else:
            options[parameter.name] = Option(parameter.name, hint, parameter.default)
    return _Signature(*_judged(name, positional), options, policies)


def _judged(
    name: str, positional: Mapping[str, Any]
) -> tuple[SubjectKind, Across | None, list[EvidenceType], set[EvidenceType], list[Beside]]:
    kinds: set[tuple[SubjectKind, Across | None]] = set()
    evidence: list[EvidenceType] = []
    optional: set[EvidenceType] = set()
    beside: list[Beside] = []
    for parameter, hint in positional.items():
        wrapper, wanted, may_lack = _evidence_of(name, parameter, hint)
        if may_lack:
            optional.add(wanted)
        if wrapper in _BESIDE:
            beside.append((wrapper, wanted))
        elif beside:
            stands = f"parameter {parameter} stands after {_BESIDE[beside[0][0]]}"
            raise CheckError(f"{name}: {stands}: the evidence that is judged comes first")
        else:
            evidence.append(wanted)
            own = SubjectKind.LINK if wanted is LinkState else SubjectKind.ENDPOINT
            kinds.add((_WRAPPERS.get(wrapper, own), wrapper if wrapper in _ACROSS else None))
    if len(kinds) != 1:
        raise CheckError(f"{name}: the positional parameters must be evidence of one kind of subject, at least one")
    ((kind, across),) = kinds
    for wrapper, wanted in beside:
        if kind is not SubjectKind.ENDPOINT or wanted not in evidence:
            raise CheckError(
                f"{name}: {wrapper.__name__}[{wanted.__name__}] goes with {wanted.__name__} of an endpoint"
            )
    return kind, across, evidence, optional, beside


def _evidence_of(name: str, parameter: str, hint: Any) -> tuple[Any, EvidenceType, bool]:
    """The wrapper of a type of evidence, None where there is none, the type, and whether it may be missing."""
    wrapper, inner = get_origin(hint), hint
    if wrapper in (*_WRAPPERS, *_BESIDE):
        (inner,) = get_args(hint)
    may_lack = wrapper in (UnionType, *_ACROSS) and NotObserved in get_args(inner)
    if may_lack:
        wrapper = None if wrapper is UnionType else wrapper
        inner = next((kind for kind in get_args(inner) if kind is not NotObserved), None)
    if inner not in get_args(Evidence):
        raise CheckError(f"{name}: parameter {parameter} is {hint!r}, which is no type of evidence")
    return wrapper, inner, may_lack
