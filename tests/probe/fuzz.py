"""The program that test_fuzz.py runs: `python -m tests.probe.fuzz TARGET [libFuzzer's options] FOLDER`.

Ends with a traceback at the first input that breaks the target.
"""

import importlib
import sys

import atheris

if __name__ == "__main__":
    # What is imported here learns to report which of its branches were taken.
    with atheris.instrument_imports(include=["tlsaudit.evidence", "tlsaudit.probe"]):
        targets = importlib.import_module("tests.probe.fuzz_targets").TARGETS
    atheris.Setup([sys.argv[0], *sys.argv[2:]], targets[sys.argv[1]])
    atheris.Fuzz()  # never returns
