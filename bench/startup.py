"""What `tlsaudit --help` costs beside importing click: both as child processes, in turn."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 20


def main() -> None:
    program = Path(sys.executable).with_name("tlsaudit")
    commands: dict[str, list[str]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import click": [sys.executable, "-c", "import click"],
        "tlsaudit --help": [str(program), "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print("\n| start-up | ms, median |\n|---|---:|")
    for name, median in medians.items():
        print(f"| {name} | {median * 1000:.0f} |")
    bare = medians["python -c pass"]
    ratio = (medians["tlsaudit --help"] - bare) / (medians["import click"] - bare)
    print(f"\nBeyond Python's own start, `tlsaudit --help` costs {ratio:.1f} times what importing click costs.")


def seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
