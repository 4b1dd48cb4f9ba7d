"""What must not end by itself: when it does, so does the process, to be started again.

A process that looks alive while the part of it that matters is dead is worse than one that is gone: a supervisor starts
the latter again within seconds.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

_GRACE: Final = 30.0
"""seconds for an orderly end, in which what waits is brought to safety"""
EXIT_CODE: Final = 70


def end_process(name: str) -> None:
    """Ask this process to end in good order, and end it when it does not. ``name``: of what ended."""

    def force() -> None:
        time.sleep(_GRACE)
        os._exit(EXIT_CODE)

    threading.Thread(target=force, name=f"end, for {name} did", daemon=True).start()
    os.kill(os.getpid(), signal.SIGTERM)
