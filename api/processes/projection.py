"""`harmony project`: the runners of the calls and of the call centre, once or for ever, with their report."""

import threading
from collections.abc import Callable
from typing import Any

from api.access.analyst_watch import AnalystWatch
from api.health.services import Reporter
from api.operations import retention
from api.processes.rate import Rate
from api.site import Site
from projections.callflow import TOPICS, CallFold
from projections.callflow.document import instant_text
from projections.centre import CentreProjection
from projections.runner import Progress, Runner


def caught_up(here: Site, report: Callable[[Progress], None]) -> Progress:
    """Fold what is in the log now; return how far the calls are."""
    Runner.of(here.dsn, CentreProjection()).run_once()
    return Runner(here.dsn, CallFold, TOPICS).run_once(report)


def keep_folding(here: Site, stop: threading.Event) -> int:
    """Follow the log until `stop` is set."""
    runner = Runner(here.dsn, CallFold, TOPICS)
    rate = Rate()

    def describe() -> dict[str, Any]:
        p = runner.progress
        error, at = runner.last_error or (None, None)
        return {
            "position": p.position,
            "head": p.head,
            "events": p.events,
            "events_per_second": rate(p.events),
            "seconds": p.seconds,
            "parked": p.parked,
            "last_error": error,
            "last_error_at": None if at is None else instant_text(at),
        }

    reporter = Reporter(here.dsn, "projection calls", "projection", describe)
    reporter.start()
    retainer = retention.started(here)
    watch = AnalystWatch(here.dsn, embedded=here.settings.dsn is None)
    watch.start()
    centre = Runner.of(here.dsn, CentreProjection()).started()
    try:
        runner.run_forever(stop)
    finally:
        centre.stop(60)
        watch.stop()
        retainer.stop()
        reporter.stop()
    return 0
