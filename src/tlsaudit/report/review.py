"""What a change of the targets file does, in the formats that know checks: each kind of it has a name, as they have."""

from collections.abc import Mapping, Sequence

from tlsaudit.report.document import Header, LocationRecord, ReviewRecord

NAMES: Mapping[str, str] = {
    "broken": "goal-broken",
    "goal": "goal-changed",
    "goalpost": "goalpost-moved",
    "new": "endpoint-new",
    "dropped": "endpoint-dropped",
}

TITLES: Mapping[str, str] = {
    "broken": "A goal that was met is no more",
    "goal": "A goal stands elsewhere",
    "goalpost": "A goalpost moved",
    "new": "The change leads to something new",
    "dropped": "Something is asked no more",
}


def reviewed(header: Header) -> Sequence[ReviewRecord]:
    """Empty but for the gate of a targets file."""
    return header.gate.review if header.gate else ()


def written(location: LocationRecord) -> str:
    """`targets.yaml:9`."""
    return f"{location.file}:{location.line}"
