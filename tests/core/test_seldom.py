"""A line is said so many times a period, and what was left out is counted."""

import logging
import threading

import pytest

from core.seldom import OTHER, Seldom, say_seldom

pytestmark = pytest.mark.pure
LONG = 3600.0


def test_the_first_are_said_the_rest_is_counted_and_told() -> None:
    told: list[tuple[str, int]] = []
    over = threading.Event()

    def tell(kind: str, number: int, period: float) -> None:
        told.append((kind, number))
        over.set()

    seldom = Seldom(tell, times=3, period=0.05)
    while seldom.may("x"):  # until a period has no more permits
        pass
    assert over.wait(10)
    assert told[0][0] == "x"
    assert told[0][1] >= 1
    assert seldom.may("x")


def test_each_kind_has_its_own_permits_and_there_are_so_many_kinds() -> None:
    seldom = Seldom(lambda *_: None, times=1, period=LONG, kinds=3)
    assert [seldom.may(kind) for kind in ("a", "b", "a", "c")] == [True, True, False, True]
    many = [seldom.may(f"stranger {n}") for n in range(100)]
    assert many == [True] + [False] * 99
    assert not seldom.may(OTHER)


def test_somebody_elses_logger_is_held_back(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.seldom")
    say_seldom(logger, times=2, period=0.05)
    say_seldom(logger, times=2, period=0.05)
    with caplog.at_level(logging.INFO, logger="tests.seldom"):
        for number in range(1000):
            logger.info("refused %d", number)
        logger.info("something else")
        (filter_,) = logger.filters
        assert isinstance(filter_, logging.Filter)
        waiting = threading.Event()
        while not any("were left out" in record.getMessage() for record in caplog.records):
            assert not waiting.wait(0.01)
    said = [record.getMessage() for record in caplog.records]
    assert said[:2] == ["refused 0", "refused 1"]
    assert "something else" in said
    assert len([one for one in said if one.startswith("refused")]) < 1000
