"""The packages that a probe needs beyond those that always come along."""

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part of tlsaudit: `pip install 'tlsaudit[NAME]'` brings the module that it needs."""

    name: str
    module: str

    @property
    def installed(self) -> bool:
        """Whether the module can be imported; it is not."""
        return find_spec(self.module) is not None
