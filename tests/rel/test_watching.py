"""The dashboard and the alert rules ask for metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import collect, render
from tests.api.metrics.made import LOCAL, status

pytestmark = pytest.mark.pure

REL = Path(__file__).parents[2] / "rel"
NAME = re.compile(r"\bharmony_[a-z0-9_]+")
LABELS = re.compile(r"\b(?:by|on|without)\s*\(([^)]*)\)|\{\{\s*\$labels\.(\w+)|\{\{(\w+)\}\}|\{(\w+)[=!~]")


def given() -> dict[str, set[str]]:
    """What /metrics gives when every part reports: names with their labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(render(collect(status(), LOCAL))):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def panels() -> Iterator[dict[str, Any]]:
    for panel in json.loads((REL / "grafana" / "harmony.json").read_text())["panels"]:
        if panel["type"] != "row":
            yield panel


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((REL / "prometheus" / "harmony.rules.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def asked(expression: str, text: str = "") -> None:
    """Each metric of an expression is there, with the labels that it and its legend name."""
    metrics = given()
    names = NAME.findall(expression)
    assert names or "up{job" in expression, expression
    labels = {label for name in names for label in metrics.get(name, ())} | {"job", "instance"}
    for name in names:
        assert name in metrics, f"{name} in {expression}"
        grown = re.search(rf"(rate|increase)\({name}\b", expression) is not None
        assert grown == name.endswith("_total") or name == "harmony_log_position", f"{name} in {expression}"
    for match in LABELS.finditer(expression + " " + text):
        for one in next(group for group in match.groups() if group is not None).split(","):
            assert one.strip() in labels, f"{one} in {expression} {text}"


def test_every_panel_asks_for_what_there_is() -> None:
    found = list(panels())
    assert len(found) > 20
    for panel in found:
        assert panel["title"]
        for target in panel["targets"]:
            asked(target["expr"], target["legendFormat"])
    places = [tuple(panel["gridPos"][key] for key in "xy") for panel in found]
    assert len(set(places)) == len(places)


def test_every_alert_asks_for_what_there_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        asked(rule["expr"], rule["annotations"]["summary"] + rule["annotations"]["description"])
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_no_metric_of_the_catalogue_is_left_out_of_the_dashboard() -> None:
    from api.metrics.catalogue import ALL

    shown = {name for panel in panels() for target in panel["targets"] for name in NAME.findall(target["expr"])}
    hidden = {one.name for one in ALL} - shown
    assert hidden <= {"harmony_service_report_age_seconds"}, hidden
