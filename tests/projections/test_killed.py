"""kill -9 of the projection at random instants: the tables must be those of an undisturbed run, call log included."""

import multiprocessing
import random
from collections.abc import Callable

import psycopg
import pytest

from core.log.eventlog import EventLog
from projections.runner import Runner
from tests.projections.conftest import CALLS, FAKE, FoldUnderTest
from tests.projections.filling import events_of, import_captures, start_again, tables
from tests.projections.killed import project

pytestmark = pytest.mark.database

KILLS = 20
PAGE = 8
NAMES = {"fake": "tests.projections.fake_fold:FakeFold", "calls": "projections.callflow:CallFold"}


@pytest.mark.parametrize("fold", [FAKE, CALLS], ids=lambda fold: fold.name)
def test_killed_twenty_times_the_tables_are_the_same(new_dsn: Callable[[], str], fold: FoldUnderTest) -> None:
    undisturbed, disturbed = new_dsn(), new_dsn()
    for dsn in (undisturbed, disturbed):
        with EventLog(dsn) as log:
            import_captures(log, "10-*", "13-*", "19-*", "24-*", "30-*")
            log.append(events_of("54-*")[:1500])
    took = Runner(undisturbed, fold.make, fold.topics, page=PAGE).run_once().seconds

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.projections.test_killed"])
    killed, places, reach = 0, set(), 3 * took / KILLS + 0.05
    while killed < KILLS:
        begun = context.Event()
        process = context.Process(target=project, args=(disturbed, NAMES[fold.name], PAGE, begun))
        process.start()
        assert begun.wait(20)
        process.join(timeout=random.uniform(0, reach))
        if process.exitcode == 0:
            # It came to the end: begin again, so that there is something to kill.
            assert tables(disturbed) == tables(undisturbed)
            with psycopg.connect(disturbed, autocommit=True) as connection:
                start_again(connection)
            continue
        process.kill()
        process.join()
        killed += 1
        with psycopg.connect(disturbed) as connection:
            place = connection.execute("SELECT position FROM log.projection WHERE name = 'calls'").fetchone()
        if place in places:  # a busy machine takes longer to begin
            reach *= 1.3
        places.add(place)
    Runner(disturbed, fold.make, fold.topics, page=PAGE).run_once()
    assert len(places) > KILLS / 4, "the kills hit no work"
    assert tables(disturbed) == tables(undisturbed)
