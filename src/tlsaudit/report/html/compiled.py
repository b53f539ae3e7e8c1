"""Templates as byte code, kept as Python keeps that of its modules: to compile them takes longer than to fill them."""

import hashlib
import os
import pickle
import sys
from contextlib import suppress
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Beside the byte code of this package, or wherever Python was told to keep that; where nothing may be written
    there, nothing is kept. `made_for` says for which environment the templates are compiled: what was compiled for
    another is not taken.
    """

    def __init__(self, made_for: bytes) -> None:
        self._made_for = made_for + metadata.version("jinja2").encode()
        self._folder = Path(cache_from_source(__file__)).parent

    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256(self._made_for + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, pickle.UnpicklingError), self._file(bucket).open("rb") as kept:
            bucket.load_bytecode(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        file = self._file(bucket)
        part = file.with_name(f"{file.name}.{os.getpid()}")  # another process may read the file at any time
        with suppress(OSError):
            try:
                with part.open("wb") as made:
                    bucket.write_bytecode(made)
                part.replace(file)
            finally:
                part.unlink(missing_ok=True)

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.template"
