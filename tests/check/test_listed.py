import pytest

from tlsaudit.check import listed


@pytest.mark.parametrize(
    ("names", "shown", "told"),
    [
        ([], 1, ""),
        (["a"], 1, "a"),
        (["a", "b"], 1, "a and 1 more"),
        (["a", "b"], 2, "a, b"),
        (["a", "b", "c"], 2, "a, b and 1 more"),
        ([str(number) for number in range(1_235)], 1, "0 and 1,234 more"),
    ],
)
def test_few_are_named_and_the_rest_is_counted(names: list[str], shown: int, told: str) -> None:
    assert listed(names, shown) == told
