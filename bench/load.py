"""How long a targets file of 10,000 targets takes to load, errors and all checked."""

import tempfile
import time
from pathlib import Path

from tlsaudit.target import load_targets

TARGETS = 10_000


def main() -> None:
    services = "".join(f"  s{number}: [host{number}.example.org]\n" for number in range(TARGETS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "targets.yaml"
        path.write_text(f"version: 1\nservices:\n{services}", "utf-8")
        started = time.process_time()
        loaded = sum(1 for _ in load_targets(path).endpoints)
        taken = time.process_time() - started
    print(f"\nA targets file of {loaded:,} services loads in {taken:.1f} s of CPU.")


if __name__ == "__main__":
    main()
