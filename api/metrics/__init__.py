"""The figures for Prometheus: what there is (`catalogue`), from where (`collect`), and how it is written (`text`)."""

from api.metrics.collect import Local, collect, collect_away
from api.metrics.text import CONTENT_TYPE, render

__all__ = ["CONTENT_TYPE", "Local", "collect", "collect_away", "render"]
