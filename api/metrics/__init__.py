"""The figures for Prometheus: what there is (`catalogue`), from where (`collect`), and how it is written (`text`)."""

from api.metrics.collect import collect
from api.metrics.text import CONTENT_TYPE, render

__all__ = ["CONTENT_TYPE", "collect", "render"]
