"""A projection in a process of its own, so that it can be killed. Not a test: test_killed.py starts it."""

import importlib
from multiprocessing.synchronize import Event

from projections.runner import Runner


def project(dsn: str, fold: str, page: int, begun: Event) -> None:
    """Fold what is in the log; `fold` names a module that has a TOPICS and a class, as `module:class`."""
    module_name, _, class_name = fold.partition(":")
    module = importlib.import_module(module_name)
    runner = Runner(dsn, getattr(module, class_name), module.TOPICS, page=page)
    begun.set()
    runner.run_once()
