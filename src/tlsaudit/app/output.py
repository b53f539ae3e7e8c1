"""Where the result goes: one format on standard output, any number of files."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tlsaudit.report import Options, format_by_name, format_by_suffix, write
from tlsaudit.report.document import AuditView


@dataclass(frozen=True, slots=True)
class Output:
    """`format_name` is for standard output; `files` get the format of their suffix. `-` stands for standard output."""

    format_name: str = "terminal"
    files: tuple[Path, ...] = ()
    verbose: bool = False
    quiet: bool = False

    def check(self) -> None:
        """Raise ReportError for a format or suffix that does not exist, before anything has been probed."""
        format_by_name(self.format_name)
        for file in self.files:
            format_by_suffix(file)

    def emit(
        self, view: AuditView, *, exit_code: int | None = None, fail_on: str | None = None, stdout: TextIO | None = None
    ) -> None:
        """Write the files, then standard output. Raises ReportError."""
        for file in self.files:
            write(view, file)
        options = Options(verbose=self.verbose, exit_code=exit_code, fail_on=fail_on)
        format_by_name(self.format_name).render(view, stdout or sys.stdout, options)
