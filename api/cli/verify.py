"""`harmony events verify`: whether every stored event is what it says, and what must be missing."""

import argparse
from typing import TYPE_CHECKING

from api.cli.console import emit, json_option, note, paint, progress, say, table
from api.errors import DEGRADED, FAILED, OK
from api.words.text import harmless

if TYPE_CHECKING:
    from projections.verify import Report

WHY = {
    "link": "nobody was listening",
    "gap": "missing although the link stood",
    "overflow": "dropped by the switch, whose queue was full",
    "spool": "the spool was damaged, or had no room at the end of the bridge",
    "parked": "could not be read, and is parked",
}


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser(
        "verify",
        help="read the whole log: is every event what it says, and what is missing? (exit code 1: damaged, 3: missing)",
    )
    parser.add_argument("--all", action="store_true", help="list everything, not only the first 100")
    json_option(parser)
    parser.set_defaults(run=verify)


def verify(args: argparse.Namespace) -> int:
    import msgspec

    from api.operations.verification import verify_log
    from api.site import site
    from core.log import EventLog

    with site() as here:
        with EventLog(here.dsn) as log:
            head = log.head()
        with progress("verifying", head) as advance:
            found = verify_log(here.dsn, advance)
    report = found.report
    if args.json:
        emit(
            {
                "events": found.events,
                "runs": found.runs,
                "last_position": found.last,
                "wrong": [{"position": one.position, "code": one.code, "what": one.what} for one in found.wrong],
                "wrong_count": found.wrong_count,
                **msgspec.to_builtins(report),
            }
        )
    else:
        if found.wrong:
            table(["position", "what is wrong"], [[one.position, one.what] for one in found.wrong])
        say(
            f"{found.events} events in {found.runs} runs read up to position {found.last}: "
            f"{found.wrong_count or 'nothing'} wrong"
        )
        _missing(report, None if args.all else 100)
    if found.cut:
        note("Only the first wrong events are listed.")
    return FAILED if found.wrong else DEGRADED if report.missing else OK


def _missing(report: "Report", listed: int | None) -> None:
    from projections.callflow.document import instant_text

    if report.losses:
        rows = [
            [one.switch, instant_text(one.since), "-" if one.until is None else instant_text(one.until), WHY[one.kind],
             one.missing, one.explains or None]
            for one in report.losses[:listed]
        ]  # fmt: skip
        say()
        say(paint("Losses that the log itself tells of", "bold"))
        table(["switch", "from", "until", "what", "lost, as told", "missing for it"], rows)
    say()
    for reason, count in report.explained.items():
        say(f"{count} {'thing is' if count == 1 else 'things are'} missing {harmless(reason)}.")
    if not report.missing:
        say(paint(f"{report.legs} legs, {report.living} of them live: nothing else is missing.", "green"))
        return
    say(paint(f"{report.legs} legs, {report.living} of them live. Missing, and not explained:", "yellow"))
    table(["from", "switch", "what"], [[instant_text(m.since), m.switch, m.what] for m in report.missing[:listed]])
    more = len(report.missing) - len(report.missing[:listed]) + report.left_out
    if more:
        note(f"{more} more are missing; --all lists {'them' if not report.left_out else 'those that were kept'}.")
