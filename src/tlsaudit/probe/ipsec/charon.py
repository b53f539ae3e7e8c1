"""What strongSwan's charon lists, as vici and `swanctl --raw` have it: sections of keys, values and lists of values.

The keys are those of strongSwan's own description of the protocol (src/libcharon/plugins/vici/README.md).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tlsaudit.evidence import (
    ChildSa,
    ConfiguredChild,
    Connection,
    Direction,
    IkeSa,
    IpsecPolicy,
    PolicyAction,
    SaSample,
    Selectors,
    TrafficSelector,
)
from tlsaudit.probe.ipsec import algorithms
from tlsaudit.probe.ipsec.told import MOST_ITEMS, SourceError, Told, selector

Section = Mapping[str, "str | list[str] | Section"]
"""A message, or a section of it."""

_ESTABLISHED = {"ESTABLISHED", "REKEYING", "REKEYED"}
_INSTALLED = {"INSTALLED", "UPDATING", "REKEYING", "REKEYED"}
_VERSIONS = {"IKEv1": 1, "IKEv2": 2}
_ACTIONS = {"PASS": PolicyAction.BYPASS, "DROP": PolicyAction.DISCARD}
_ADDITIONAL = re.compile(r"a?ke[1-7](-alg)?")
_SELECTOR = re.compile(r"([0-9A-Fa-f:.|/-]+)(?:\[(.{0,64})\])?")
_MOST_NUMBER = 1 << 63


def told_by_charon(
    sas: Iterable[Section] | None, connections: Iterable[Section] | None, policies: Iterable[Section] | None
) -> Told:
    """From the messages of list-sas, list-conns and list-policies; None where one was not asked for.

    Raises SourceError where they are not what charon says.
    """
    try:
        ike, ike_samples, children, child_samples = _sas(sas or ())
        return Told(
            ike=None if sas is None else ike,
            children=None if sas is None else children,
            policies=None if policies is None else tuple(_policies(policies)),
            connections=None if connections is None else tuple(_connections(connections)),
            ike_samples=ike_samples,
            child_samples=child_samples,
        )
    except (ValueError, KeyError) as error:
        raise SourceError(f"what it lists cannot be read: {type(error).__name__}: {error}") from None


def _sas(
    messages: Iterable[Section],
) -> tuple[tuple[IkeSa, ...], tuple[SaSample, ...], tuple[ChildSa, ...], tuple[SaSample, ...]]:
    ike: list[tuple[IkeSa, SaSample]] = []
    children: list[tuple[ChildSa, SaSample]] = []
    for name, sa in _entries(messages):
        ike.append((_ike(name, sa), _ike_sample(name, sa)))
        for _, child in _sections(sa, "child-sas"):
            if _text(child, "state") in _INSTALLED:
                of = _text(child, "name") or "?"
                children.append((_child(of, name, child), _child_sample(of, child)))
    return (
        tuple(sa for sa, _ in ike),
        tuple(sample for _, sample in ike),
        tuple(sa for sa, _ in children),
        tuple(sample for _, sample in children),
    )


def _ike(name: str, sa: Section) -> IkeSa:
    return IkeSa(
        name,
        version=_number(sa, "version") or 0,
        established=_text(sa, "state") in _ESTABLISHED,
        encryption=_named(sa, "encr-alg", algorithms.encryption),
        key_bits=_number(sa, "encr-keysize"),
        integrity=_named(sa, "integ-alg", algorithms.integrity),
        prf=_named(sa, "prf-alg", algorithms.prf),
        group=_named(sa, "dh-group", algorithms.group),
        additional=_additional(sa),
    )


def _ike_sample(name: str, sa: Section) -> SaSample:
    return SaSample(
        "", name, _text(sa, "initiator-spi"), age_s=_number(sa, "established"), rekey_s=_number(sa, "rekey-time")
    )


def _child(name: str, ike: str, child: Section) -> ChildSa:
    return ChildSa(
        name,
        Selectors(_selectors(child, "local-ts"), _selectors(child, "remote-ts")),
        protocol=(_text(child, "protocol") or "?").upper(),
        mode=(_text(child, "mode") or "?").lower(),
        encryption=_named(child, "encr-alg", algorithms.encryption),
        key_bits=_number(child, "encr-keysize"),
        integrity=_named(child, "integ-alg", algorithms.integrity),
        group=_named(child, "dh-group", algorithms.group),
        additional=_additional(child),
        ike=ike,
    )


def _child_sample(name: str, child: Section) -> SaSample:
    return SaSample(
        "",
        name,
        _text(child, "spi-in"),
        age_s=_number(child, "install-time"),
        rekey_s=_number(child, "rekey-time"),
        bytes_in=_number(child, "bytes-in"),
        bytes_out=_number(child, "bytes-out"),
    )


def _policies(messages: Iterable[Section]) -> Iterator[IpsecPolicy]:
    """A trap, or what passes or is dropped whatever tunnels there are: each is there without an SA, too."""
    for _, policy in _entries(messages):
        selectors = Selectors(_selectors(policy, "local-ts"), _selectors(policy, "remote-ts"))
        action = _ACTIONS.get((_text(policy, "mode") or "").upper(), PolicyAction.PROTECT)
        yield IpsecPolicy(Direction.BOTH, selectors, action, lasting=True)


def _connections(messages: Iterable[Section]) -> Iterator[Connection]:
    for name, connection in _entries(messages):
        yield Connection(
            name,
            tuple(
                _configured(child, section) for child, section in _sections(connection, "children") if _sas_of(section)
            ),
            version=_VERSIONS.get(_text(connection, "version") or ""),
            rekey_s=_number(connection, "rekey_time"),
            reauth_s=_number(connection, "reauth_time"),
        )


def _sas_of(child: Section) -> bool:
    """Whether there is anything to negotiate: a policy that lets pass or drops is no SA."""
    return (_text(child, "mode") or "").upper() not in _ACTIONS


def _configured(name: str, child: Section) -> ConfiguredChild:
    """Its proposals are not listed. `dynamic` stands for an address that shows with the SA."""
    local, remote = (
        tuple(_selector(item) for item in _list(child, side) if item != "dynamic") for side in ("local-ts", "remote-ts")
    )
    return ConfiguredChild(name, Selectors(local, remote), rekey_s=_number(child, "rekey_time"))


def _selectors(section: Section, key: str) -> tuple[TrafficSelector, ...]:
    return tuple(_selector(item) for item in _list(section, key))


def _selector(written: str) -> TrafficSelector:
    found = _SELECTOR.fullmatch(written)
    if not found:
        raise ValueError(f"no traffic selector: {written[:100]!r}")
    return selector(found[1], found[2] or "")


def _additional(section: Section) -> tuple[str, ...]:
    """Additional key exchanges (RFC 9370), in their order."""
    return tuple(algorithms.group(str(section[key])) for key in sorted(section) if _ADDITIONAL.fullmatch(key))


def _entries(messages: Iterable[Section]) -> Iterator[tuple[str, Section]]:
    """What the messages list, each by its name. Raises ValueError."""
    for count, message in enumerate(messages):
        if count == MOST_ITEMS:
            raise ValueError(f"more than {MOST_ITEMS} entries")
        for name, section in message.items():
            if isinstance(section, Mapping):
                yield name, section


def _sections(section: Section, key: str) -> Iterator[tuple[str, Section]]:
    held = section.get(key)
    if isinstance(held, Mapping):
        for name, each in held.items():
            if isinstance(each, Mapping):
                yield name, each


def _text(section: Section, key: str) -> str | None:
    value = section.get(key)
    return value if isinstance(value, str) and value else None


def _list(section: Section, key: str) -> Sequence[str]:
    value = section.get(key)
    return value if isinstance(value, list) else ()


def _number(section: Section, key: str) -> int | None:
    value = _text(section, key)
    if value is None:
        return None
    number = int(value)  # long digits raise ValueError, too
    if abs(number) > _MOST_NUMBER:
        raise ValueError(f"{key} is too large")
    return number


def _named(section: Section, key: str, name: Callable[[str], str]) -> str | None:
    value = _text(section, key)
    return name(value) if value else None
