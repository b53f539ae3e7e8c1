"""engine.map: bounded, in order of completion, nothing left running."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from tlsaudit import engine


def test_every_subject_has_its_result_once() -> None:
    async def square(number: int) -> int:
        await asyncio.sleep(0)
        return number * number

    async def run() -> dict[int, int]:
        return {subject: result async for subject, result in engine.map(square, range(100), concurrency=7)}

    assert asyncio.run(run()) == {number: number * number for number in range(100)}


def test_no_more_than_the_limit_are_under_way_and_subjects_are_drawn_as_needed() -> None:
    under_way = 0
    most = 0
    drawn = 0

    def subjects() -> Iterator[int]:
        nonlocal drawn
        for number in range(1000):
            drawn += 1
            yield number

    async def probe(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    async def take_ten() -> None:
        async with aclosing(engine.map(probe, subjects(), concurrency=5)) as results:
            taken = 0
            async for _ in results:
                taken += 1
                if taken == 10:
                    break

    asyncio.run(take_ten())
    assert most == 5
    assert drawn < 30


def test_a_slow_subject_does_not_hold_up_the_others() -> None:
    async def run() -> list[str]:
        gate = asyncio.Event()

        async def probe(name: str) -> str:
            if name == "slow":
                await gate.wait()
            return name

        order = []
        async for name, _ in engine.map(probe, ["slow", "a", "b", "c"], concurrency=2):
            order.append(name)
            if len(order) == 3:
                gate.set()
        return order

    assert asyncio.run(run()) == ["a", "b", "c", "slow"]


def test_closing_early_with_a_full_queue_cancels_what_is_under_way() -> None:
    cancelled = []

    async def probe(number: int) -> int:
        if number > 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(number)
                raise
        return number

    async def run() -> None:
        before = asyncio.all_tasks()
        async with aclosing(engine.map(probe, range(10), concurrency=2)) as results:
            async for number, _ in results:
                if number == 1:
                    break
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(run(), 60))
    assert set(cancelled) <= {4, 5}


def test_a_probe_that_raises_ends_the_run() -> None:
    async def probe(number: int) -> int:
        if number == 5:
            raise ZeroDivisionError
        return number

    async def run() -> None:
        async for _ in engine.map(probe, range(100), concurrency=3):
            pass

    with pytest.raises(ExceptionGroup):
        asyncio.run(asyncio.wait_for(run(), 60))
