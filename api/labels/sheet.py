"""How labels stand on paper (标签版面), in millimetres: rows of cells between four margins.

A label stands in the middle of its cell, as large as the cell allows unless its size is given.

>>> sheet = Sheet("A4", columns=4, rows=6)
>>> sheet.cell
(47.5, 46.166666666666664)
>>> sheet.fitted(None)
33.6
>>> sheet.pages(100)
5
>>> sheet.fitted(40)
Traceback (most recent call last):
    ...
api.errors.InvalidParameter: parameter 'size': a label of 40 mm is 40 x 54.8 mm high; a cell of \
this sheet is 47.5 x 46.2 mm
"""

from dataclasses import dataclass

from api.errors import InvalidParameter
from api.labels.label import HEIGHT, LARGEST, SMALLEST

PAPERS = {"A3": (297.0, 420.0), "A4": (210.0, 297.0), "A5": (148.0, 210.0)}
DEFAULT_PAPER, DEFAULT_COLUMNS, DEFAULT_ROWS, DEFAULT_MARGIN = "A4", 4, 6, 10.0
MOST_CELLS = 40  # a side


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; margins are those above, right, below and left."""

    paper: str = DEFAULT_PAPER
    columns: int = DEFAULT_COLUMNS
    rows: int = DEFAULT_ROWS
    margins: tuple[float, float, float, float] = (DEFAULT_MARGIN,) * 4

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the paper."""
        if self.paper not in PAPERS:
            known = ", ".join(PAPERS)
            raise InvalidParameter("sheet", f"{self.paper!r} is not one of {known}")
        return PAPERS[self.paper]

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of the place of one label."""
        above, right, below, left = self.margins
        width, height = self.size
        return (width - left - right) / self.columns, (height - above - below) / self.rows

    def pages(self, labels: int) -> int:
        return -(-labels // (self.columns * self.rows))

    def fitted(self, size: float | None) -> float:
        """The size that labels have here; InvalidParameter where that given does not fit."""
        width, height = self.cell
        most = min(width, height / HEIGHT, LARGEST)
        if size is None and most >= SMALLEST:
            return int(most * 10) / 10
        wanted = SMALLEST if size is None else size
        if wanted <= most:
            return wanted
        raise InvalidParameter(
            "size",
            f"a label of {wanted:g} mm is {wanted:g} x {wanted * HEIGHT:g} mm high;"
            f" a cell of this sheet is {width:.3g} x {height:.3g} mm",
        )

    def place(self, number: int, size: float) -> tuple[float, float]:
        """Upper left corner of the label of that number on its page, counted from 0."""
        row, column = divmod(number, self.columns)
        width, height = self.cell
        x = self.margins[3] + column * width + (width - size) / 2
        return x, self.margins[0] + row * height + (height - size * HEIGHT) / 2
