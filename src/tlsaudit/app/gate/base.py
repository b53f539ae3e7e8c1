"""The revision that a change is compared with, taken out of git without touching the repository."""

import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tlsaudit.errors import UserError


def top_of(folder: Path) -> Path | None:
    """The top folder of the repository that a folder is in; None where it is in none, or there is no git."""
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel"))
    except (UserError, OSError):
        return None


def inferred(environment: Mapping[str, str] = os.environ) -> str | None:
    """The base of a pull request on GitHub, or of a merge request on GitLab."""
    if branch := environment.get("GITHUB_BASE_REF"):
        return f"origin/{branch}"
    return environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None


def commit_of(top: Path, reference: str) -> str:
    """The commit that a branch began at, or that is named itself. Raises UserError."""
    try:
        _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
        return _git(top, "merge-base", "--end-of-options", reference, "HEAD")
    except UserError:
        shallow = _git(top, "rev-parse", "--is-shallow-repository") == "true"
        hint = "the clone is shallow: check out with fetch-depth: 0" if shallow else "git knows no such revision"
        raise UserError(f"--base {reference}: {hint}") from None
    except OSError as error:
        raise UserError(f"--base {reference}: git cannot be run: {error.strerror}") from None


def extract(top: Path, commit: str, folder: Path) -> None:
    """Put all files of a commit into a folder. Raises UserError."""
    archive = subprocess.Popen(  # noqa: S603
        ["git", "-C", str(top), "archive", "--format=tar", commit],  # noqa: S607 as the user's own git
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert archive.stdout
    try:
        with archive.stdout, tarfile.open(fileobj=archive.stdout, mode="r|") as files:
            for member in files:
                _put(files, member, folder)
    except (tarfile.TarError, OSError) as error:
        raise UserError(f"--base: {commit[:12]} cannot be taken out of git: {error}") from None
    finally:
        archive.wait()


def content(top: Path, commit: str, file: Path) -> bytes | None:
    """One file of a commit; None where it is not there."""
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(top), "cat-file", "blob", f"{commit}:{file.as_posix()}"],  # noqa: S607 as the user's own git
        capture_output=True,
        check=False,
    )
    return None if done.returncode else done.stdout


def _put(files: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """A file or a link, below the folder; all else that an archive can hold is left out."""
    path = folder / member.name
    if not path.parent.resolve().is_relative_to(folder):
        return
    if member.isreg() and (content := files.extractfile(member)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read())
    elif member.issym():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(member.linkname)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["git", "-C", str(folder), *arguments],  # noqa: S607 as the user's own git
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(done.stderr.strip())
    return done.stdout.strip()
