"""What a worker of a Dask cluster keeps of the work that it is given, so that it comes once and not with each batch."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, NamedTuple

_KEPT = 8
"""Works of several coordinators; what was kept for longest is sent again where it is asked for again."""

_works: dict[str, Callable[[Sequence[Any]], Sequence[Any]]] = {}
_keeping = Lock()


class NotHere(NamedTuple):
    """In the place of results: the worker at this address does not have the work."""

    worker: str


def run(
    name: str, batch: Sequence[Any], work: Callable[[Sequence[Any]], Sequence[Any]] | None = None
) -> Sequence[Any] | NotHere:
    """On a worker. The results of the work that goes by a name, which comes with it or did before."""
    with _keeping:
        if work:
            _works[name] = work
            for oldest in [*_works][:-_KEPT]:
                del _works[oldest]
        known = _works.get(name)
    if known:
        return known(batch)

    from distributed import get_worker

    return NotHere(get_worker().address)
