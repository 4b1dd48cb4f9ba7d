"""Which FreeSWITCH a switch runs, and whether its links must be kept supplied.

Until 1.11.0 mod_erlang_event leaves the loop of a link when one pass both timed out on reading and sent an event: what
it sends resets the error that it looks at afterwards (`listener_main_loop`; unchanged since 1.6, cured in 1.11.1). A
link to such a switch ends at its first events, unless something to read waits there all the time
(bridge/session/supply.py).
"""

from __future__ import annotations

import re
from typing import Final

CURED: Final = (1, 11, 1)
_SAID: Final = re.compile(r"FreeSWITCH \(Version ([0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.~+-]{0,40})")
_NUMBERS: Final = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})(.*)")


def version_of(status: str) -> str | None:
    """Return the version that a switch tells in its `status`; None where it does not."""
    match = _SAID.search(status)
    return match[1] if match is not None else None


def runs_dry(version: str | None) -> bool:
    """Say whether a link to this version must be kept supplied. What is not known to be cured is: that harms none."""
    match = _NUMBERS.fullmatch(version or "")
    if match is None:
        return True
    numbers = (int(match[1]), int(match[2]), int(match[3]))
    return numbers < CURED or (numbers == CURED and "dev" in match[4])  # a -dev is what came before the release


def remark(version: str | None) -> str | None:
    """What follows from the version, for people; None: nothing."""
    if not runs_dry(version):
        return None
    what = f"FreeSWITCH {version}" if version is not None else "a FreeSWITCH whose version it does not tell"
    return (
        f"it runs {what}, and before {'.'.join(map(str, CURED))} mod_erlang_event closes a link at its first events "
        "unless something to read waits there all the time: Harmony sees to that, at some 1 % of a CPU on each side, "
        "and nothing is lost; an update makes it unnecessary."
    )


def fell_at_once(switch: str, seconds: float, supplied: bool) -> str:
    """The sentence for a link that ended within a second of its first events."""
    if supplied:
        what = "although something to read waited there all the time: look into the switch's log for `listener exit`."
    else:
        what = (
            "as mod_erlang_event does in FreeSWITCH before 1.11.1: from now on something to read waits there all the "
            "time, which keeps it up."
        )
    return f"The link to {switch} ended {seconds * 1000:.0f} ms after its first events, {what}"
