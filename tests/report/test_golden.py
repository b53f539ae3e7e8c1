import pytest

from tests.report import golden


@pytest.mark.parametrize("name", golden.FILES)
def test_a_format_is_written_as_ever(name: str) -> None:
    assert golden.rendered(name).splitlines() == (golden.FOLDER / name).read_text("utf-8").splitlines()


def test_nothing_golden_is_left_over() -> None:
    assert {file.name for file in golden.FOLDER.iterdir()} == set(golden.FILES)
