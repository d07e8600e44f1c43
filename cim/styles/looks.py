"""How the things of a class look where nobody says otherwise (符号): the table style_looks.csv.

A row is of a class, of a middle class (four digits) or of all (none): the longest that fits counts.
Rows stand in the order of drawing, the lowest first. The colours are our own proposals (`conf` L)
or from memory (G, those of the pipes): no standard of them could be read.

>>> of_class("990201").line, of_class("990299").line, of_class(None).line
('#2f75b5', '#2f75b5', '#2c6474')
>>> of_class("990501").order < of_class("990101").order < of_class("990203").order
True
"""

from functools import cache
from typing import NamedTuple

from cim.data import Row, rows


class Look(NamedTuple):
    """Colours as `#rrggbb`, widths and radii in pixels.

    dash         lengths of dashes and gaps, in widths of the line
    label        where a name stands: at a "point", along a "line"; None: nowhere
    label_until  zoom from which there are no names any more
    fades        outlines vanish as one zooms out, since there are many
    hidden       not seen at first on a map of everything
    coded        drawn in the colours of a code list, where a column has one (`cim.styles.lists`)
    """

    order: int
    fill: str
    fill_opacity: float
    line: str
    line_width: float
    dash: tuple[float, ...]
    circle: str
    circle_radius: float
    label: str | None
    label_until: float | None
    fades: bool
    hidden: bool
    coded: bool


def of_class(code: str | None) -> Look:
    """The look of a class, which need not be in the table."""
    found = _looks()
    prefixes = [(code or "")[:length] for length in (6, 4, 0)]
    return next(found[prefix] for prefix in prefixes if prefix in found)


@cache
def _looks() -> dict[str, Look]:
    return {row["code"]: _look(order, row) for order, row in enumerate(rows("style_looks"))}


def _look(order: int, row: Row) -> Look:
    return Look(
        order,
        row["fill"],
        float(row["fill_opacity"]),
        row["line"],
        float(row["line_width"]),
        tuple(float(each) for each in row["dash"].split()),
        row["circle"],
        float(row["circle_radius"]),
        row["label"] or None,
        float(row["label_until"]) if row["label_until"] else None,
        row["fades"] == "yes",
        row["hidden"] == "yes",
        row["coded"] == "yes",
    )
