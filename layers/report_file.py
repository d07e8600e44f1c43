"""The report of a run as one JSON document (入库报告文件): the run, and every finding.

::

    {"run": {…}, "accepted": 41, "rules": {…}, "notes": [note…], "repaired": [finding…],
     "refused": [finding…]}

A note has `id`, `value`, `zh` and `en`, and tells of the file as a whole, such as its encoding. A
finding has `row` (from 1), `field`, `value`, `rule`, `zh` and `en`. `accepted` are the rows that
the layer has now, `rules` the titles of the rules that were broken. Findings are written one by
one, so that memory does not grow with them.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from cim.assignment.problems import Problem
from cim.assignment.rules import RULES
from layers.findings import Findings
from layers.runs import Run


def describe(run: Run, findings: Findings, most: int) -> dict[str, Any]:
    """The document with the first `most` findings of each kind."""
    return {
        **_head(run, findings),
        "repaired": list(islice(_findings(findings, repaired=True), most)),
        "refused": list(islice(_findings(findings), most)),
    }


def write_report(run: Run, findings: Findings, path: Path) -> None:
    """Write the whole document to a file."""
    head = json.dumps(_head(run, findings), ensure_ascii=False, indent=1)
    with path.open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("\n}"))
        for kind in ("repaired", "refused"):
            file.write(f',\n "{kind}": [')
            between = "\n"
            for one in _findings(findings, repaired=kind == "repaired"):
                file.write(f"{between}  {json.dumps(one, ensure_ascii=False)}")
                between = ",\n"
            file.write("\n ]")
        file.write("\n}\n")


def _head(run: Run, findings: Findings) -> dict[str, Any]:
    broken = [found.rule for found in (*findings.rules(), *findings.rules(repaired=True))]
    titles = {rule: RULES[rule] for rule in broken}
    accepted = 0 if run.state == "refused" else run.read - run.refused
    return {
        "run": run.describe(),
        "accepted": accepted,
        "rules": {id: {"zh": rule.title_zh, "en": rule.title_en} for id, rule in titles.items()},
        "notes": [note._asdict() for note in findings.notes],
    }


def _findings(findings: Findings, *, repaired: bool = False) -> Iterator[dict[str, Any]]:
    return (_finding(one) for one in findings.each(repaired=repaired))


def _finding(one: Problem) -> dict[str, Any]:
    return {
        "row": one.row,
        "field": one.field,
        "value": one.value,
        "rule": one.rule,
        "zh": one.zh,
        "en": one.reason,
    }
