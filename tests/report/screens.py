"""What the terminal's screens are held against, at three widths and in colour: `python -m tests.report.screens` writes
it anew, for `git diff` to show. An escape is written as ESC, so that the files can be read."""

import io
from itertools import product
from pathlib import Path
from unittest.mock import patch

from tests.report import views
from tlsaudit.report import Options, format_by_name

FOLDER = Path(__file__).with_suffix("")

EXAMPLES = {"scan": views.one_host, "fleet": views.fleet, "audit": views.edited, "gate": views.gated}
WIDTHS = (60, 100, 160)

PLAIN = {f"{name}-{width}.txt": (name, width) for name, width in product(EXAMPLES, WIDTHS)}
COLOURED = {"scan-colour.txt": ("scan", 100), "audit-colour.txt": ("audit", 100)}


def rendered(name: str, width: int, **environment: str) -> str:
    """The screen where these variables and no others are set."""
    out = io.StringIO()
    with patch.dict("os.environ", {"TERM": "xterm-256color", **environment}, clear=True):
        format_by_name("terminal").render(EXAMPLES[name](), out, Options(width=width, exit_code=1, fail_on="high"))
    return out.getvalue()


def files() -> dict[str, str]:
    """What each of them should hold."""
    return {
        **{name: rendered(*example) for name, example in PLAIN.items()},
        **{name: rendered(*each, FORCE_COLOR="1").replace("\x1b", "ESC") for name, each in COLOURED.items()},
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, screen in files().items():
        (FOLDER / name).write_text(screen, encoding="utf-8")
