"""A log that was looked into, and the chunks that it is read in."""

from collections.abc import Iterator
from dataclasses import dataclass

from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.files import CHUNK, LogFile, LogFileError, Opened
from tlsaudit.probe.accesslog.notation import Column, LogFormatError
from tlsaudit.probe.accesslog.pool import Chunk
from tlsaudit.probe.accesslog.reading import LogReader
from tlsaudit.probe.accesslog.recognise import Wishes, recognise, w3c_sections
from tlsaudit.probe.accesslog.tables import is_table
from tlsaudit.probe.accesslog.text import TextReader

_SHOWN = 160


@dataclass(slots=True)
class Log:
    """A log in a known format; `reader` is None where it is a table. `fallback` is the scheme of requests whose line
    tells none. `complaint` says what was wrong with the file, once it has been read.
    """

    file: LogFile
    reader: LogReader | None
    fallback: Scheme
    wishes: Wishes
    opened: Opened | None = None
    complaint: str | None = None

    @property
    def doubts(self) -> str | None:
        """What an operator should look at: a scheme that was guessed, or one that was not taken."""
        if self.reader is None:
            return None
        shape = self.reader.shape
        if shape.untrusted:
            return "has X-Forwarded-Proto, which anybody can send: if a proxy of yours sets it, say --trust-forwarded"
        guessed = isinstance(self.reader, TextReader) and not self.reader.comments and self.wishes.log_format is None
        if guessed and shape.scheme_column in {Column.SCHEME, Column.TLS}:
            return (
                "is taken to have the scheme in a column with such values: if it is X-Forwarded-Proto, say --log-format"
            )
        return None

    def chunks(self) -> Iterator[Chunk]:
        """None of a table. Raises LogFileError."""
        file = self.file
        if self.reader is None:
            return
        sections = isinstance(self.reader, TextReader) and self.reader.comments
        if file.path is not None and file.seekable and not sections:
            for start in range(0, file.size, CHUNK):
                end = min(start + CHUNK, file.size)
                yield Chunk(file.name, self.reader, self.fallback, file.path, start, end, weight=end - start)
            return
        opened = self.opened or Opened(file.name)
        try:
            yield from self._stream(opened, self.reader, sections=sections)
        finally:
            opened.close()
        self.complaint = opened.complaint

    def _stream(self, opened: Opened, reader: LogReader, *, sections: bool) -> Iterator[Chunk]:
        read = 0
        for data in opened.chunks():
            weight, read = opened.position - read, opened.position
            parts = w3c_sections(data, reader, self.wishes) if sections else iter([(reader, data)])
            for under, part in parts:
                reader = under  # the next chunk goes on with it
                yield Chunk(opened.file.name, reader, self.fallback, data=part, weight=weight)
                weight = 0


def look_into(name: str, wishes: Wishes, fallback: Scheme) -> Log | None:
    """Open a log, `-` for standard input, and tell its format; None where it is empty. Raises LogFileError."""
    opened = Opened(name)
    head, path = opened.file.head, opened.file.path
    kept = opened if path is None or not path.is_file() else None  # a pipe can be read once
    if kept is None:
        opened.close()
    if wishes.log_format is None and is_table(opened.file):
        return Log(opened.file, None, fallback, wishes)
    if not head.strip():
        return None
    try:
        return Log(opened.file, recognise(head, wishes), fallback, wishes, kept)
    except LogFormatError as error:
        first = head.lstrip().partition(b"\n")[0][:_SHOWN]
        raise LogFileError(unreadable(name, str(error), first)) from error


def unreadable(name: str, why: str, line: bytes) -> str:
    """What a user is told of a file that is not in the format that was looked for."""
    shown = ascii(line.decode("utf-8", "replace"))
    return f"{name}: {why}; it begins with {shown}: say what its format is with --log-format"
