"""Run a probe over many subjects: in this process, or on the workers of a Dask cluster."""

from tlsaudit.engine.cluster import Cluster
from tlsaudit.engine.local import map  # noqa: A004  the name says what it does: engine.map

__all__ = ["Cluster", "map"]
