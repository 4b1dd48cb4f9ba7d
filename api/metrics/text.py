"""Families as Prometheus text, exposition format 0.0.4. Pure."""

from collections.abc import Iterable, Iterator

from api.metrics.collect import Family

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(families: Iterable[Family]) -> str:
    return "\n".join(line for family in families for line in _lines(family)) + "\n"


def _lines(family: Family) -> Iterator[str]:
    metric = family.metric
    says = metric.says.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {metric.name} {says}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for values, number in family.samples:
        inside = ",".join(f'{k}="{_escaped(v)}"' for k, v in zip(metric.labels, values, strict=True))
        yield f"{metric.name}{{{inside}}} {number}" if inside else f"{metric.name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
