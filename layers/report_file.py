"""The report of a run as one JSON document (入库报告文件): the run, and every finding.

::

    {"run": {…}, "accepted": 41, "noted": {"geometry.turned": 40}, "faults": 1, "rules": {…},
     "notes": [note…], "repaired": [finding…], "told": [finding…], "refused": [finding…]}

A note has `id`, `value`, `zh` and `en`, and tells of the file as a whole, such as its encoding. A
finding has `row` (from 1; of a registered table its `key` instead), `field`, `value`, `rule`, `zh`
and `en`, and `details` where something was measured. `accepted` are the rows that the layer has
now, `noted` counts rows by rules that are not told one by one, `faults` are findings that have a
place in the GeoPackage of refused rows, `rules` the titles of the rules that were met. Findings are
written one by one, so that memory does not grow with them.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from cim.assignment.problems import Level, Problem
from cim.assignment.rules import RULES
from layers.findings import Findings
from layers.runs import Run

_LEVELS: tuple[Level, ...] = ("repaired", "told", "refused")


def describe(run: Run, findings: Findings, most: int) -> dict[str, Any]:
    """The document with the first `most` findings of each kind."""
    return {
        **_head(run, findings),
        **{level: list(islice(_findings(findings, level), most)) for level in _LEVELS},
    }


def write_report(
    run: Run, findings: Findings, path: Path, keys: Mapping[int, str] | None = None
) -> None:
    """Write the whole document to a file; `keys` are those of rows that have no place in a file."""
    head = json.dumps(_head(run, findings), ensure_ascii=False, indent=1)
    with path.open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("\n}"))
        for level in _LEVELS:
            file.write(f',\n "{level}": [')
            between = "\n"
            for one in _findings(findings, level, keys):
                file.write(f"{between}  {json.dumps(one, ensure_ascii=False)}")
                between = ",\n"
            file.write("\n ]")
        file.write("\n}\n")


def _head(run: Run, findings: Findings) -> dict[str, Any]:
    met = [found.rule for level in _LEVELS for found in findings.rules(level)]
    titles = {rule: RULES[rule] for rule in (*met, *findings.noted)}
    accepted = 0 if run.state == "refused" else run.read - run.refused
    return {
        "run": run.describe(),
        "accepted": accepted,
        "noted": dict(findings.noted),
        "faults": findings.placed,
        "rules": {id: {"zh": rule.title_zh, "en": rule.title_en} for id, rule in titles.items()},
        "notes": [note._asdict() for note in findings.notes],
    }


def _findings(
    findings: Findings, level: Level, keys: Mapping[int, str] | None = None
) -> Iterator[dict[str, Any]]:
    return (finding(one, keys) for one in findings.each(level))


def finding(one: Problem, keys: Mapping[int, str] | None = None) -> dict[str, Any]:
    """A problem as reports have it, by the key of its row where there are `keys`."""
    place = {"row": one.row} if keys is None else {"key": keys.get(one.row)}
    said = {
        **place,
        "field": one.field,
        "value": one.value,
        "rule": one.rule,
        "zh": one.zh,
        "en": one.reason,
    }
    return said if one.details is None else {**said, "details": one.details}
