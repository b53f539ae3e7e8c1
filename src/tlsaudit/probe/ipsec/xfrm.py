"""The output of `ip xfrm state` and `ip xfrm policy` (ip-xfrm(8)), with `-s` for bytes. Keys are not looked at.

The kernel knows nothing of IKE. Where it holds neither states nor policies it may be that somebody else does IPsec,
such as charon itself with kernel-libipsec: then nothing is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tlsaudit.evidence import ChildSa, Direction, IpsecPolicy, PolicyAction, SaSample, Selectors
from tlsaudit.probe.ipsec import algorithms
from tlsaudit.probe.ipsec.told import MOST_ITEMS, SourceError, Told, selector

_HEAD = re.compile(r"src (\S{1,64}) dst (\S{1,64})(.*)")
_PROTO = re.compile(r"\s*proto (esp|ah|comp)\b(.*)")
_ALGORITHM = re.compile(
    r"\s*(aead|enc|auth|auth-trunc) (\S{1,64}) (0x[0-9a-f]*|<<.{1,40}>>)(?: \(\d+ bits\))?(?: (\d{1,4}))?"
)
_BYTES = re.compile(r"\s*(\d{1,20})\(bytes\), \d+\(packets\)")
_SPI = re.compile(r"\bspi (0x[0-9a-f]{1,8})")
_REQID = re.compile(r"\breqid (\d{1,10})")
_MODE = re.compile(r"\bmode (\w{1,20})")
_DIRECTION = re.compile(r"\s*(?:socket )?dir (in|out|fwd)\b(.*)")
_LEVEL = re.compile(r"\s*level (\w+)")
_TEMPLATE = re.compile(r"\s*tmpl src (\S{1,64}) dst (\S{1,64})")
_LIMIT = re.compile(r"\b(?:proto|sport|dport|type|code) \S+")


@dataclass(slots=True)
class _State:
    source: str
    target: str
    protocol: str = ""
    spi: str = ""
    reqid: str = ""
    mode: str = ""
    encryption: str | None = None
    integrity: str | None = None
    key_bits: int | None = None
    carried: int | None = None


@dataclass(slots=True)
class _Template:
    source: str
    target: str
    protocol: str = ""
    reqid: str = ""
    mode: str = ""
    required: bool = True


@dataclass(slots=True)
class _Policy:
    source: str
    target: str
    limit: str
    direction: str = ""
    blocks: bool = False
    templates: list[_Template] = field(default_factory=list)


def told_by_xfrm(state: str | None, policy: str | None) -> Told:
    """From what was printed; None where that was not asked for. An SA is told with the policy that it serves. Raises
    SourceError.
    """
    try:
        states = [] if state is None else [*_states(state)]
        policies = [] if policy is None else [*_policies(policy)]
        if not states and not policies:
            return Told()
        children = [*_children(states, policies)]
        return Told(
            children=None if state is None or policy is None else tuple(child for child, _ in children),
            policies=None if policy is None else tuple(_told(item) for item in policies if item.direction != "fwd"),
            child_samples=() if state is None or policy is None else tuple(sample for _, sample in children),
        )
    except ValueError as error:
        raise SourceError(f"this is not what ip xfrm prints: {error}") from None


def _entries(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each entry begins at the edge, and the lines that tell of it are indented."""
    head: re.Match[str] | None = None
    lines: list[str] = []
    count = 0
    for line in text.splitlines():
        if not line or line[0].isspace():
            lines.append(line)
            continue
        if head:
            yield head, lines
        head, lines, count = _HEAD.fullmatch(line.rstrip()), [], count + 1
        if not head:
            raise ValueError(f"{line[:60]!r}")
        if count > MOST_ITEMS:
            raise ValueError(f"more than {MOST_ITEMS} entries")
    if head:
        yield head, lines


def _states(text: str) -> Iterator[_State]:
    for head, lines in _entries(text):
        state = _State(head[1], head[2])
        for line in lines:
            if (proto := _PROTO.match(line)) and not state.protocol:
                state.protocol, state.spi = proto[1].upper(), _found(_SPI, line)
                state.reqid, state.mode = _found(_REQID, line), _found(_MODE, line)
            elif algorithm := _ALGORITHM.match(line):
                _algorithm(state, *algorithm.groups())
            elif carried := _BYTES.match(line):
                state.carried = int(carried[1])
        if state.protocol in ("ESP", "AH"):
            yield state


def _algorithm(state: _State, kind: str, name: str, key: str, icv: str | None) -> None:
    bits = (len(key) - 2) * 4 if key.startswith("0x") else None
    if kind == "aead":
        state.encryption = algorithms.kernel_aead(name, int(icv or 0))
        state.key_bits = bits and bits - _salt_bits(name)
    elif kind == "enc":
        state.encryption, state.key_bits = algorithms.encryption(name), bits
    else:
        state.integrity = algorithms.integrity(name)


def _salt_bits(name: str) -> int:
    """What of the kernel's key is salt (RFC 4106 section 8.1, RFC 4309 section 7.1, RFC 7634 section 2)."""
    return 24 if "ccm" in name else 32


def _policies(text: str) -> Iterator[_Policy]:
    for head, lines in _entries(text):
        policy = _Policy(head[1], head[2], " ".join(_LIMIT.findall(head[3])))
        for line in lines:
            if direction := _DIRECTION.match(line):
                policy.direction, policy.blocks = direction[1], "action block" in direction[2]
            elif template := _TEMPLATE.match(line):
                policy.templates.append(_Template(template[1], template[2]))
            elif policy.templates and (proto := _PROTO.match(line)):
                last = policy.templates[-1]
                last.protocol, last.reqid, last.mode = proto[1].upper(), _found(_REQID, line), _found(_MODE, line)
            elif policy.templates and (level := _LEVEL.match(line)):
                policy.templates[-1].required = level[1] != "use"
        if policy.direction and not (policy.source == policy.target and not policy.templates):
            yield policy


def _told(policy: _Policy) -> IpsecPolicy:
    direction = Direction(policy.direction)
    if policy.blocks:
        return IpsecPolicy(direction, _selectors(policy), PolicyAction.DISCARD, lasting=None)
    protecting = [template for template in policy.templates if template.protocol in ("ESP", "AH")]
    action = PolicyAction.PROTECT if protecting else PolicyAction.BYPASS
    return IpsecPolicy(direction, _selectors(policy), action, required=any(item.required for item in protecting))


def _selectors(policy: _Policy) -> Selectors:
    source, target = selector(policy.source, policy.limit), selector(policy.target, policy.limit)
    return Selectors((target,), (source,)) if policy.direction == "in" else Selectors((source,), (target,))


def _children(states: Sequence[_State], policies: Sequence[_Policy]) -> Iterator[tuple[ChildSa, SaSample]]:
    """For each policy for what goes out: the newest SA that serves it, with that which comes back."""
    for policy in policies:
        if policy.direction != "out":
            continue
        for template in policy.templates:
            out = _serving(states, template.source, template.target, template)
            back = _serving(states, template.target, template.source, template)
            if out and back:
                name = f"reqid {out.reqid or 0}"
                child = ChildSa(
                    name,
                    _selectors(policy),
                    protocol=out.protocol,
                    mode=out.mode or "tunnel",
                    encryption=out.encryption,
                    key_bits=out.key_bits,
                    integrity=out.integrity,
                )
                yield child, SaSample("", name, back.spi, bytes_in=back.carried, bytes_out=out.carried)


def _serving(states: Sequence[_State], source: str, target: str, template: _Template) -> _State | None:
    return next(
        (
            state
            for state in states
            if (state.source, state.target) == (source, target)
            and state.protocol == template.protocol
            and template.reqid in ("", "0", state.reqid)
        ),
        None,
    )


def _found(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    return found[1] if found else ""
