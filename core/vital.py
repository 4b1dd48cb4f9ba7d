"""A thread without which its process is of no use: when it ends by itself, so does the process, to be started again.

A process that looks alive while the part of it that matters is dead is worse than one that is gone: a supervisor starts
the latter again within seconds.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

LOG: Final = logging.getLogger("harmony")
_GRACE: Final = 30.0
"""seconds for an orderly end, in which what waits is brought to safety"""
EXIT_CODE: Final = 70


def end_process(name: str) -> None:
    """Ask this process to end in good order, and end it when it does not."""

    def force() -> None:
        time.sleep(_GRACE)
        os._exit(EXIT_CODE)

    threading.Thread(target=force, name="end", daemon=True).start()
    os.kill(os.getpid(), signal.SIGTERM)


class VitalThread(threading.Thread, ABC):
    """Runs `work`. Its regular return is an end that was asked for; an exception is one that nobody wanted."""

    def __init__(self, name: str, ended: Callable[[str], None] = end_process) -> None:
        """``ended`` is told the name of a thread that failed, by default to end the process."""
        super().__init__(name=name, daemon=True)
        self.ended = ended

    @abstractmethod
    def work(self) -> None:
        """Do what the thread is for."""

    def run(self) -> None:
        """Work (the thread's own business)."""
        try:
            self.work()
        except BaseException:
            LOG.critical("The thread %s failed: the process ends, to be started again", self.name, exc_info=True)
            self.ended(self.name)
