"""What @check accepts, and what it says of a function that does not keep the contract."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tlsaudit.check import (
    BySite,
    ByVantage,
    CheckError,
    Fleet,
    Parent,
    Past,
    ReferenceClients,
    Severity,
    SubjectKind,
    Verdict,
    check,
    passed,
)
from tlsaudit.evidence import Certificates, HttpsExchange, LinkState, NotObserved, Sessions, TlsOffer

define = check(title="A rule", severity=Severity.LOW)


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as if it stood in a file of its own name."""
    function.__module__ = function.__name__
    return function


def _endpoint(tls: TlsOffer, *, days: timedelta = timedelta(1)) -> Iterator[Verdict]:
    yield passed("fine")


def _two_kinds_of_evidence(tls: TlsOffer, shown: Certificates) -> Iterator[Verdict]:
    yield passed("fine")


def _with_past(tls: TlsOffer, kept: Sessions, past: Past[Sessions]) -> Iterator[Verdict]:
    yield passed("fine")


def _with_parents(https: HttpsExchange, above: Parent[HttpsExchange]) -> Iterator[Verdict]:
    yield passed("fine")


def _with_both(https: HttpsExchange, above: Parent[HttpsExchange], past: Past[HttpsExchange]) -> Iterator[Verdict]:
    yield passed("fine")


def _service(tls: BySite[TlsOffer], https: BySite[HttpsExchange]) -> Iterator[Verdict]:
    yield passed("fine")


def _from_everywhere(tls: ByVantage[TlsOffer], https: ByVantage[HttpsExchange | NotObserved]) -> Iterator[Verdict]:
    yield passed("fine")


def _fleet(shown: Fleet[Certificates]) -> Iterator[Verdict]:
    yield passed("fine")


def _link(state: LinkState) -> Iterator[Verdict]:
    yield passed("fine")


@pytest.mark.parametrize(
    ("function", "kind", "evidence", "beside"),
    [
        (_endpoint, SubjectKind.ENDPOINT, (TlsOffer,), ()),
        (_two_kinds_of_evidence, SubjectKind.ENDPOINT, (TlsOffer, Certificates), ()),
        (_with_past, SubjectKind.ENDPOINT, (TlsOffer, Sessions), ((Past, Sessions),)),
        (_with_parents, SubjectKind.ENDPOINT, (HttpsExchange,), ((Parent, HttpsExchange),)),
        (_with_both, SubjectKind.ENDPOINT, (HttpsExchange,), ((Parent, HttpsExchange), (Past, HttpsExchange))),
        (_service, SubjectKind.SERVICE, (TlsOffer, HttpsExchange), ()),
        (_from_everywhere, SubjectKind.SERVICE, (TlsOffer, HttpsExchange), ()),
        (_fleet, SubjectKind.FLEET, (Certificates,), ()),
        (_link, SubjectKind.LINK, (LinkState,), ()),
    ],
)
def test_the_parameters_say_what_is_judged(
    function: Callable[..., Any], kind: SubjectKind, evidence: tuple[type, ...], beside: tuple[object, ...]
) -> None:
    made = define(_named(function))
    assert made.subject_kind is kind
    assert (made.evidence, made.beside) == (evidence, beside)
    assert made.id == function.__name__.replace("_", "-")


def test_keyword_parameters_are_options_and_reference_clients_are_injected() -> None:
    def rule(
        tls: TlsOffer, *, clients: ReferenceClients, days: timedelta = timedelta(1), strict: bool = False
    ) -> Iterator[Verdict]:
        yield passed("fine")

    made = define(_named(rule))
    assert {option.name: option.default for option in made.options.values()} == {
        "days": timedelta(1),
        "strict": False,
    }
    assert made.policies == {"clients": ReferenceClients}


def _no_evidence(*, days: int = 1) -> Iterator[Verdict]:
    yield passed("fine")


def _no_type(tls) -> Iterator[Verdict]:  # type: ignore[no-untyped-def]
    yield passed("fine")


def _no_such_evidence(number: int) -> Iterator[Verdict]:
    yield passed("fine")


def _mixed_subjects(tls: TlsOffer, others: Fleet[TlsOffer]) -> Iterator[Verdict]:
    yield passed("fine")


def _mixed_places(tls: BySite[TlsOffer], others: ByVantage[TlsOffer]) -> Iterator[Verdict]:
    yield passed("fine")


def _option_without_default(tls: TlsOffer, *, days: int) -> Iterator[Verdict]:
    yield passed("fine")


def _past_alone(past: Past[TlsOffer]) -> Iterator[Verdict]:
    yield passed("fine")


def _past_of_another(tls: TlsOffer, past: Past[Certificates]) -> Iterator[Verdict]:
    yield passed("fine")


def _past_first(past: Past[TlsOffer], tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("fine")


def _past_of_a_service(tls: BySite[TlsOffer], past: Past[TlsOffer]) -> Iterator[Verdict]:
    yield passed("fine")


def _parents_of_another(tls: TlsOffer, above: Parent[HttpsExchange]) -> Iterator[Verdict]:
    yield passed("fine")


def _parents_first(above: Parent[TlsOffer], tls: TlsOffer) -> Iterator[Verdict]:
    yield passed("fine")


def _parents_of_a_fleet(tls: Fleet[TlsOffer], above: Parent[TlsOffer]) -> Iterator[Verdict]:
    yield passed("fine")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_no_evidence, "evidence of one kind of subject"),
        (_no_type, "parameter tls has no type"),
        (_no_such_evidence, "which is no type of evidence"),
        (_mixed_subjects, "evidence of one kind of subject"),
        (_mixed_places, "evidence of one kind of subject"),
        (_past_alone, "evidence of one kind of subject"),
        (_past_of_another, r"Past\[Certificates\] goes with Certificates of an endpoint"),
        (_past_first, "parameter tls stands after the past"),
        (_past_of_a_service, r"Past\[TlsOffer\] goes with TlsOffer of an endpoint"),
        (_parents_of_another, r"Parent\[HttpsExchange\] goes with HttpsExchange of an endpoint"),
        (_parents_first, "parameter tls stands after the parents"),
        (_parents_of_a_fleet, r"Parent\[TlsOffer\] goes with TlsOffer of an endpoint"),
        (_option_without_default, "option days has no default"),
    ],
)
def test_a_broken_contract_is_named(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(CheckError, match=message):
        define(_named(function))


def test_the_function_must_be_named_like_its_file() -> None:
    def other_name(tls: TlsOffer) -> Iterator[Verdict]:
        yield passed("fine")

    with pytest.raises(CheckError, match="the file name is the id"):
        define(other_name)
