"""The program that test_fuzz.py runs: `python -m tests.probe.fuzz FOLDER [libFuzzer's options]`.

It looks at one target after the other, each in a fork of its own, so that what is fuzzed is prepared once for all.
For each it leaves in the folder what libFuzzer said and, at an input that breaks the target, this and a traceback.
Ends with 1 if there was any.
"""

import importlib
import os
import sys
from pathlib import Path

import atheris


def _look(name: str, folder: Path, options: list[str]) -> int:
    """How libFuzzer ended."""
    corpus = folder / f"{name}.corpus"
    corpus.mkdir()
    for number, seed in enumerate(targets[name].seeds):
        (corpus / str(number)).write_bytes(seed)
    if process := os.fork():
        return os.waitpid(process, 0)[1]
    with (folder / f"{name}.txt").open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/{name}.", str(corpus)], targets[name])
    atheris.Fuzz()  # never returns
    raise AssertionError


if __name__ == "__main__":
    # What is imported here learns to report which of its branches were taken.
    with atheris.instrument_imports(include=["tlsaudit.evidence", "tlsaudit.probe"]):
        targets = importlib.import_module("tests.probe.fuzz_targets").TARGETS
    ended = [_look(name, Path(sys.argv[1]), sys.argv[2:]) for name in targets]
    sys.exit(any(ended))
