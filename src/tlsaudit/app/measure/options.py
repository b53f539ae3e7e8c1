"""What the command line says of logs, made into what the readers take."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from tlsaudit.app.measure.crawlers import SchemeRule
from tlsaudit.errors import UserError
from tlsaudit.evidence import Scheme
from tlsaudit.policy import crawlers
from tlsaudit.probe.accesslog.names import ROLES
from tlsaudit.probe.accesslog.notation import Column
from tlsaudit.probe.accesslog.ranges import Network, Ranges, RangesError, parse_ranges

_LARGEST_FILE = 32 << 20


def parse_columns(texts: Iterable[str]) -> Mapping[Column, str]:
    """`ROLE=NAME` each. Raises UserError."""
    found = {}
    for text in texts:
        role, _, name = text.partition("=")
        if role not in ROLES or not name:
            raise UserError(f"--column {text!r:.80}: write ROLE=NAME, where ROLE is one of {', '.join(ROLES)}")
        found[ROLES[role]] = name
    return found


def parse_schemes(texts: Iterable[str]) -> tuple[SchemeRule, ...]:
    """`SCHEME` or `SCHEME=PATTERN` each. Raises UserError."""
    found = []
    for text in texts:
        scheme, _, pattern = text.partition("=")
        if scheme not in {"http", "https"}:
            raise UserError(f"--scheme {text!r:.80}: write http or https, or https=PATTERN for some of the files")
        found.append(SchemeRule(Scheme(scheme), pattern or "*"))
    return tuple(found)


def read_ranges(texts: Iterable[str]) -> Mapping[str, Ranges]:
    """`CRAWLER=FILE` each, several for one crawler added up. Raises UserError."""
    files: dict[str, list[Path]] = {}
    for text in texts:
        name, _, file = text.partition("=")
        files.setdefault(_crawler(text, name, file), []).append(Path(file))
    return {crawler: _all_of(paths) for crawler, paths in files.items()}


def _crawler(text: str, name: str, file: str) -> str:
    known = [crawler.id for crawler in crawlers()]
    if not file:
        raise UserError(f"--ranges {text!r:.80}: write CRAWLER=FILE, for example google=googlebot.json")
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
        raise UserError(f"--ranges {text!r:.80}: no crawler is called {name!r:.40}; {hint}")
    return name


def _all_of(paths: Iterable[Path]) -> Ranges:
    """The ranges of several files together. Raises UserError."""
    found: list[Network] = []
    for path in paths:
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise UserError(f"{path}: too large for a file of address ranges")
            found += parse_ranges(path.read_text("utf-8"))
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: no UTF-8 text") from error
        except RangesError as error:
            raise UserError(f"{path}: {error}") from error
    return Ranges.of(found)
