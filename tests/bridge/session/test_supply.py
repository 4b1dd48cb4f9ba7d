"""How much waits at a switch that must not run dry, by our account."""

import pytest

from bridge.session.supply import BLIND, ENOUGH, LEAST, MESSAGES, MOST, SECONDS, Supply

pytestmark = pytest.mark.pure


def read(supply: Supply, rate: float, seconds: float, start: float = 0.0) -> int:
    """A switch that reads so many messages a second; return the least that ever waited there."""
    batches = int(seconds * rate / MESSAGES)
    least = supply.waiting
    for number in range(1, batches + 1):
        least = min(least, supply.waiting - MESSAGES)
        supply.answered(start + number * MESSAGES / rate)
    return least


def test_at_first_ten_seconds_of_an_idle_switch_wait() -> None:
    supply = Supply()
    assert supply.begin() * MESSAGES >= LEAST
    assert LEAST <= supply.waiting < LEAST + MESSAGES


def test_an_idle_switch_gets_as_much_as_it_reads() -> None:
    supply = Supply()
    supply.begin()
    assert read(supply, 95, 60) >= LEAST - MESSAGES
    assert supply.waiting < LEAST + MESSAGES


@pytest.mark.parametrize("rate", [170, 200, 1_600])
def test_a_busy_switch_has_ten_seconds_worth_waiting(rate: float) -> None:
    """1,600 a second is one that sends its events one by one (max-event-bulk 1)."""
    supply = Supply()
    supply.begin()
    assert read(supply, rate, 30) > 0
    wanted = min(MOST, SECONDS * rate)
    assert 0.9 * wanted < supply.waiting < 1.1 * wanted + MESSAGES


def test_answers_in_a_heap_ask_for_no_more_than_the_most() -> None:
    supply = Supply()
    supply.begin()
    for _ in range(1_000):
        supply.answered(1.0)
    assert supply.waiting < MOST + MESSAGES


def test_what_was_too_much_is_read_out_first() -> None:
    supply = Supply()
    supply.begin()
    read(supply, 1_600, 10)
    assert supply.waiting > 10 * LEAST
    read(supply, 95, 300, start=100)
    assert supply.waiting < LEAST + MESSAGES


def test_while_nothing_is_read_it_goes_out_blindly_and_not_without_end() -> None:
    supply = Supply()
    supply.begin()
    sent = sum(supply.blind(number * 0.3, 0.3) for number in range(100)) * MESSAGES
    assert sent >= 30 * BLIND
    for number in range(100, 10_000):
        supply.blind(number * 0.3, 0.3)
    assert supply.waiting < ENOUGH + 2 * MESSAGES
    for number in range(1_000):  # read out again afterwards, with nothing sent meanwhile
        supply.answered(4_000 + 2 * number)
    assert supply.waiting < LEAST + MESSAGES
