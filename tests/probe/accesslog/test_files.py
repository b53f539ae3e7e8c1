"""Files of logs in pieces: whatever the pieces, every line is counted once."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsaudit.probe.accesslog import files
from tlsaudit.probe.accesslog.files import LogFileError, Opened, read_range
from tlsaudit.probe.accesslog.reading import LONGEST_LINE

LINE = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": partial(lzma.compress, preset=0),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(LINE), st.integers(1, 40), st.booleans())
def test_ranges_of_bytes_have_each_line_once(tmp_path: Path, lines: list[bytes], size: int, ended: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    path = tmp_path / "log"
    path.write_bytes(data)
    pieces = [read_range(path, start, min(start + size, len(data))) for start in range(0, len(data), size)]
    whole = data if data.endswith(b"\n") or not data else data + b"\n"
    assert b"".join(pieces) == whole
    assert all(piece.endswith(b"\n") for piece in pieces if piece)


@pytest.mark.parametrize("packing", PACKERS)
def test_packed_files_are_unpacked(tmp_path: Path, packing: str) -> None:
    data = b"".join(b"line %d %s\n" % (number, b"x" * (number % 50)) for number in range(200_000))
    path = tmp_path / "whatever"
    pack = PACKERS[packing]
    half = data.index(b"\n", len(data) // 2) + 1
    path.write_bytes(pack(data[:half]) + pack(data[half:]))  # two members, as after an appending logrotate
    opened = Opened(str(path))
    assert data.startswith(opened.file.head)
    pieces = list(opened.chunks())
    opened.close()
    assert b"".join(pieces) == data
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert opened.complaint is None


@pytest.mark.parametrize("packing", [name for name in PACKERS if name != "plain"])
def test_what_is_broken_off_is_read_up_to_there(tmp_path: Path, packing: str) -> None:
    data = b"".join(b"line %d\n" % (number * 7919 % 1_000_003) for number in range(100_000))
    path = tmp_path / "log"
    packed = PACKERS[packing](data)
    path.write_bytes(packed[: len(packed) * 9 // 10])
    opened = Opened(str(path))
    read = b"".join(opened.chunks())
    opened.close()
    assert opened.complaint is not None
    assert opened.complaint.startswith(f"{path} is broken off or damaged: ")
    assert len(read) > files.HEAD
    assert data.startswith(read[: read.rindex(b"\n", 0, -1) + 1])


@pytest.mark.parametrize("packing", ["plain", "gz"])
def test_a_line_without_an_end_takes_no_memory(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "log"
    data = b"first\n" + b"x" * (24 << 20) + b"\nlast\n"
    path.write_bytes(PACKERS[packing](data))
    if packing == "plain":
        pieces = [read_range(path, start, start + files.CHUNK) for start in range(0, len(data), files.CHUNK)]
    else:
        opened = Opened(str(path))
        pieces = list(opened.chunks())
        opened.close()
    lines = b"".join(pieces).split(b"\n")[:-1]
    assert [line[:5] for line in lines] == [b"first", b"xxxxx", b"last"]
    assert len(lines[1]) > LONGEST_LINE
    assert max(map(len, pieces)) <= files.CHUNK + LONGEST_LINE + 2


def test_a_bomb_is_unpacked_in_bits(tmp_path: Path) -> None:
    path = tmp_path / "log"
    compressor = zstandard.ZstdCompressor(level=19)
    with path.open("wb") as file, compressor.stream_writer(file) as writer:
        for _ in range(16):
            writer.write(bytes(16 << 20))
    assert path.stat().st_size < 200_000
    opened = Opened(str(path))
    assert sum(map(len, opened.chunks())) == LONGEST_LINE + 2  # one line that is too long
    opened.close()


@pytest.mark.parametrize(
    ("name", "complaint"), [("no-such.log", "cannot be read: No such file"), (".", "cannot be read: Is a directory")]
)
def test_what_cannot_be_opened(name: str, complaint: str) -> None:
    with pytest.raises(LogFileError, match=complaint):
        Opened(name)


def test_packed_in_name_only(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(b"plain\n")
    opened = Opened(str(path))
    assert list(opened.chunks()) == [b"plain\n"]
    opened.close()


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a\nb"))))
    opened = Opened("-")
    assert (opened.file.path, opened.file.packing, list(opened.chunks())) == (None, "gz", [b"a\nb\n"])
