"""What reading access logs costs: `tlsaudit measure crawlers` beside awk and goaccess, over the same lines.

awk counts one crawler by day and scheme and nothing else; goaccess makes its whole report. BENCH_LINES=100000 makes it
shorter.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

LINES = int(os.environ.get("BENCH_LINES", "5000000"))
DAYS = 30

_AGENTS = [
    *["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"] * 5,
    *["Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"] * 3,
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    *(
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{number}.0.0.0 "
        "Safari/537.36"
        for number in range(60, 150)
    ),
]
_AWK = '/Googlebot/ { n[substr($4, 2, 11) " " $NF]++ } END { for (key in n) print key, n[key] }'
_GOACCESS = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %^'


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float
    peak_mib: float
    output: str


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tlsaudit-bench-") as name:
        folder = Path(name)
        log, ranges = folder / "access.log", folder / "ranges.txt"
        as_json, table = folder / "access.json", folder / "access.parquet"
        with log.open("w") as file, as_json.open("w") as json_file:
            for line, entry in lines():
                file.write(line)
                json_file.write(entry)
        to_parquet(as_json, table)
        ranges.write_text("66.249.0.0/16\n")
        with (folder / "access.log.gz").open("wb") as packed:
            subprocess.run(["gzip", "-c", log], stdout=packed, check=True)
        subprocess.run(["zstd", "-q", log], check=True)
        print(f"\n{LINES:,} lines, {log.stat().st_size / 1e6:,.0f} MB, {DAYS} days\n")
        print("| | CPU s | wall s | lines a second | peak MiB, all processes |")
        print("|---|---:|---:|---:|---:|")
        ours = [str(Path(sys.executable).with_name("tlsaudit")), "measure", "crawlers", "--format", "json"]
        counted = [
            row("tlsaudit", [*ours, str(log)]),
            row("tlsaudit, one process", [*ours, str(log), "--jobs", "1"]),
            row("tlsaudit --ranges", [*ours, str(log), "--ranges", f"google={ranges}"]),
            row("tlsaudit, gz", [*ours, f"{log}.gz"]),
            row("tlsaudit, zst", [*ours, f"{log}.zst"]),
            row("tlsaudit, lines of JSON", [*ours, str(as_json)]),
            row("tlsaudit, Parquet", [*ours, str(table)]),
        ]
        awk = row("awk, Googlebot alone", [program("awk", "mawk"), _AWK, str(log)])
        formats = [f"--log-format={_GOACCESS}", "--date-format=%d/%b/%Y", "--time-format=%H:%M:%S"]
        tenth = folder / "tenth.log"
        with log.open() as whole, tenth.open("w") as part:
            part.writelines(islice(whole, LINES // 10))
        command = [program("goaccess", "goaccess"), *formats, "-o", str(folder / "out.json"), str(tenth)]
        row("goaccess, a tenth of the lines", command, LINES // 10)
        agree(awk, counted)


def to_parquet(as_json: Path, table: Path) -> None:
    """In a process of its own: peak memory shall be that of the tools."""
    query = f"COPY (SELECT * FROM read_json('{as_json}')) TO '{table}' (FORMAT parquet)"
    subprocess.run(
        [sys.executable, "-c", f"import duckdb; duckdb.sql('SET enable_progress_bar = false'); duckdb.sql({query!r})"],
        check=True,
    )


def lines() -> Iterator[tuple[str, str]]:
    """Lines as nginx writes them with `$scheme`, and with escape=json; the share of https grows from day to day."""
    rng = random.Random(1)
    referers = ["-", "https://www.google.com/", "https://www.example.org/wiki/", "https://duckduckgo.com/"]
    names = ("time", "remote_addr", "request", "http_referer", "http_user_agent", "scheme")
    for number in range(LINES):
        second = number * DAYS * 86_400 // LINES
        day, rest = divmod(second, 86_400)
        draw = int(rng.random() * 4_000_000_000)
        agent = _AGENTS[draw % len(_AGENTS)]
        address = "66.249.66." if draw % 10 else "198.51.100."
        scheme = "https" if draw % 1000 < 500 + 15 * day else "http"
        referer = referers[draw % 4]
        if referer.endswith("/wiki/"):
            referer += str(draw % 999_983)
        clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
        address, request = f"{address}{draw % 251}", f"GET /wiki/Page_{draw % 1_000_003} HTTP/1.1"
        line = (
            f'{address} - - [{day + 1:02d}/Nov/2026:{clock} +0000] "{request}" 200 1 "{referer}" "{agent}" {scheme}\n'
        )
        values = (f"2026-11-{day + 1:02d}T{clock}+00:00", address, request, referer, agent, scheme)
        yield line, "{" + ",".join([f'"{name}":"{value}"' for name, value in zip(names, values, strict=True)]) + "}\n"


def row(title: str, command: Sequence[str], lines: int = LINES) -> Cost:
    cost = measure(command)
    print(
        f"| {title} | {cost.cpu_s:.1f} | {cost.wall_s:.1f} | {lines / cost.wall_s:,.0f} | {cost.peak_mib:.0f} |",
        flush=True,
    )
    return cost


def measure(command: Sequence[str]) -> Cost:
    peak = 0
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        while True:
            peak = max(peak, sum(map(resident_kib, family(child.pid))))
            time.sleep(0.02)
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
            if ended:
                break
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(command[:3])} ended with {child.returncode}")
        output.seek(0)
        return Cost(used.ru_utime + used.ru_stime, wall_s, peak / 1024, output.read().decode())


def family(pid: int) -> Iterator[int]:
    """A process and those that it started (proc(5): /proc/PID/task/TID/children)."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def resident_kib(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def program(name: str, package: str) -> str:
    return shutil.which(name) or sys.exit(f"{name} is not installed: apt-get install {package}")


def agree(awk: Cost, counted: Sequence[Cost]) -> None:
    """All must have counted the same requests of Googlebot."""
    theirs = {"http": 0, "https": 0}
    for line in awk.output.splitlines():
        _, scheme, number = line.split()
        theirs[scheme] += int(number)
    for cost in counted:
        google = [item["total"] for item in json.loads(cost.output)["series"] if item["id"] == "google"]
        ours = {scheme: sum(total[scheme] for total in google) for scheme in theirs}
        if ours != theirs:
            raise SystemExit(f"awk counts {theirs}, tlsaudit {ours}")
    print(f"\nAll count the same requests of Googlebot: {theirs['https']:,} on https, {theirs['http']:,} on http.")


if __name__ == "__main__":
    main()
