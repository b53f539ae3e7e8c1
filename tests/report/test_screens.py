import re

import pytest
from rich.cells import cell_len

from tests.report import screens

SCREENS = screens.files()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_ever(name: str) -> None:
    assert SCREENS[name].splitlines() == (screens.FOLDER / name).read_text("utf-8").splitlines()


def test_no_screen_is_left_over() -> None:
    assert {file.name for file in screens.FOLDER.iterdir()} == SCREENS.keys()


@pytest.mark.parametrize(("name", "width"), screens.PLAIN.values())
def test_no_line_is_longer_than_the_terminal_is_wide(name: str, width: int) -> None:
    assert max(map(cell_len, screens.rendered(name, width).splitlines())) <= width


@pytest.mark.parametrize("name", screens.EXAMPLES)
def test_colours_change_nothing_else_and_can_be_left_out(name: str) -> None:
    plain, coloured = screens.rendered(name, 100), screens.rendered(name, 100, FORCE_COLOR="1")
    assert plain != coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert screens.rendered(name, 100, FORCE_COLOR="1", NO_COLOR="1") == plain
