"""`harmony run`: everything for one machine. It owns the database and the token, and keeps the parts running.

The parts are the same commands that a site may run as separate services; they join the database that runs here.
"""

import logging
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from api.access import installation_token
from api.processes import demo
from api.processes.address import listening
from api.processes.supervisor import Part, Supervisor

LOG = logging.getLogger("harmony.run")
PATIENCE = 30.0


def run(
    with_demo: bool, new_token: bool, demo_speed: float, say: Callable[[str], None], note: Callable[[str], None]
) -> int:
    """Run until stopped. ``say`` prints a line of the answer, ``note`` one beside it."""
    from api.site import prepared
    from core.directory import running, used
    from core.settings import load

    settings = load()
    with used(settings.data), running(settings.data), prepared(settings):
        listening(settings.http_host, settings.http_port).close()  # say so now if it cannot be had
        token = installation_token.ensure(settings.data, anew=new_token)
        guests: list[str] = []
        parts = [Part("http", ["serve"]), Part("projection", ["project"]), Part("webhooks", ["deliver"])]
        if with_demo:
            demo.cookie(settings.data)
            demo.registry(settings)
            guests = demo.guests(settings)
            parts[0] = Part("http", ["serve", "--demo"])
            playing = ["demo-switch", "--speed", str(demo_speed)]
            parts += [Part("emulated switch", playing), Part("bridge", ["bridge", "--demo"])]
        elif settings.switches:
            parts.append(Part("bridge", ["bridge"]))
        else:
            note(
                "No switch is configured, so no events will arrive: name one in "
                f"{settings.data / 'harmony.toml'}, or try `harmony run --demo`."
            )
        supervisor = Supervisor(parts)
        address = f"http://{_reachable(settings.http_host)}:{settings.http_port}/"
        announce = threading.Thread(target=_announce, args=(address, token, settings.data, guests, say), daemon=True)
        supervisor.run(started=announce.start)
    note("Stopped.")
    return 0


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "") else f"[{host}]" if ":" in host else host


def _announce(address: str, token: str | None, data: Path, guests: list[str], say: Callable[[str], None]) -> None:
    """Say where the page is and who can sign in there, once it answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address + "livez", timeout=2):
                break
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    else:
        LOG.warning("the page at %s does not answer yet; the lines above may say why", address)
    say("")  # among log lines it stands out so
    if token is None:
        say(f"Harmony: {address}  (with the token of the first start; `harmony run --new-token` makes a new one)")
    else:
        say(f"Harmony: {address}")
        say(f"Access token: {token}  (of an operator; shown once, kept as a hash in {data / installation_token.FILE})")
    if guests:
        say("Sign in there with the token, which sees all companies, or as a user with a password:")
        for guest in guests:
            say(f"    {guest}")
    say("")
    sys.stdout.flush()
