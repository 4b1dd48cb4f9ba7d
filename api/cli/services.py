"""`harmony run | bridge | project | serve | deliver`: the long-running parts, together or one by one."""

import argparse
import signal
import sys
import threading
from types import FrameType

from api.cli.console import emit, json_option, note, progress, say
from api.errors import OK


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("run", help="everything for one machine: database, bridge, projection, HTTP and page")
    parser.add_argument("--demo", action="store_true", help="with an emulated switch: phones that obey, recorded calls")
    parser.add_argument("--demo-speed", type=_speed, default=1.0, help=argparse.SUPPRESS)
    parser.add_argument("--new-token", action="store_true", help="make and print a new access token")
    parser.set_defaults(run=run)

    parser = commands.add_parser("bridge", help="the Erlang node: takes events from the switches and stores them")
    parser.add_argument("--demo", action="store_true", help="connect to the emulated switch as well")
    _supervised(parser)
    parser.set_defaults(run=bridge)

    parser = commands.add_parser("project", help="fold stored events into calls")
    parser.add_argument("--once", action="store_true", help="fold until caught up, then end")
    json_option(parser)
    _supervised(parser)
    parser.set_defaults(run=project)

    parser = commands.add_parser("serve", help="HTTP: calls, live calls, health, metrics, and the page")
    parser.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    _supervised(parser)
    parser.set_defaults(run=serve)

    parser = commands.add_parser("deliver", help="webhooks and traces: plans what is to be sent, sends it, tries again")
    _supervised(parser)
    parser.set_defaults(run=deliver)

    # Not in the help: a part of `run --demo`.
    parser = commands.add_parser("demo-switch")
    parser.add_argument("--speed", type=_speed, default=1.0)
    _supervised(parser)
    parser.set_defaults(run=demo_switch)


def _supervised(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def _speed(text: str) -> float:
    """How many times as fast as life the demo plays; argparse makes a sentence of the error."""
    speed = float(text)
    if not 0 < speed <= 1000:
        raise ValueError(text)
    return speed


def _begin(args: argparse.Namespace, part: str) -> threading.Event:
    """Log lines, the watch over the supervisor, and an event that SIGTERM and SIGINT set."""
    from api.processes import logs
    from api.processes.supervisor import watch_parent
    from core.settings import load

    logs.configure(part, load().log_format)
    stop = stopping()
    if args.supervised:
        watch_parent()
    return stop


def stopping() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


def run(args: argparse.Namespace) -> int:
    from api.processes import logs
    from api.processes.machine import run as run_all
    from core.settings import load

    logs.configure("run", load().log_format)
    return run_all(args.demo, args.new_token, args.demo_speed, say, note)


def bridge(args: argparse.Namespace) -> int:
    from api.processes.bridge import bridge as run_bridge
    from api.site import site

    stop = _begin(args, "bridge")
    with site() as here:
        return run_bridge(here, stop, args.demo)


def project(args: argparse.Namespace) -> int:
    from api.processes.projection import caught_up, keep_folding
    from api.site import site

    if not args.once:
        stop = _begin(args, "projection")
        with site() as here:
            return keep_folding(here, stop)
    with site() as here, progress("folding", 0) as bar:
        done = caught_up(here, lambda p: bar(p.position, p.head))
    if args.json:
        emit(
            {"position": done.position, "events": done.events, "seconds": round(done.seconds, 3), "parked": done.parked}
        )
    else:
        parked = f", {done.parked} parked" if done.parked else ""
        say(
            f"Calls are as of position {done.position} of the log "
            f"({done.events} passed in {done.seconds:.1f} s{parked})."
        )
    return OK


def serve(args: argparse.Namespace) -> int:
    from api.access import installation_token
    from api.http.server import serve as serve_http
    from api.processes import demo
    from api.site import Site, site

    stop = _begin(args, "http")
    with site() as here:
        if token := installation_token.ensure(here.data):  # under `harmony run` there is one already
            kept = here.data / installation_token.FILE
            say(f"Access token: {token}  (shown this once; kept only as a hash in {kept})")
            sys.stdout.flush()
        if args.demo:
            here = Site(demo.with_recordings(here.settings), here.dsn)
        return serve_http(here, stop)


def deliver(args: argparse.Namespace) -> int:
    from api.processes.delivery import deliver as deliver_webhooks
    from api.site import site

    stop = _begin(args, "webhooks")
    with site() as here:
        return deliver_webhooks(here, stop)


def demo_switch(args: argparse.Namespace) -> int:
    from api.processes.demo import play
    from core.settings import load

    stop = _begin(args, "switch")
    return play(load(), stop, args.speed)
