"""What stands on a label, and where (标签版式). All measures are millimetres.

A label is as wide as its symbol with the quiet zone, its `size`, and higher by what is printed
under it: the external code in two lines of groups (division and class; serial and check
character), then a title, the class and the name of the thing, where one fits.

>>> lines("420602990101000000001")
('420602 990101', '000000001 7')
>>> titles("宗地", "襄阳市第四中学高中部校园东区")
('襄阳市第四中学高中部校园东区', '宗地')
>>> titles("宗地", "第四中学"), titles(None, None)
(('宗地 第四中学', '第四中学', '宗地'), ())
"""

from collections.abc import Callable
from typing import NamedTuple
from unicodedata import east_asian_width

from api.errors import InvalidParameter
from api.labels.symbol import Symbol
from cim import entity_code

__all__ = ["Label", "Size"]

DEFAULT_SIZE = 30.0
SMALLEST, LARGEST = 10.0, 150.0
_FINEST = 0.25  # two dots of a thermal printer, and what a telephone reads at arm's length

# In parts of the size: the height of a label, and of a line its letters and its base line.
HEIGHT = 1.37
CODE_LETTERS, CODE_LINES = 0.1, (1.09, 1.215)
TITLE_LETTERS, TITLE_LINE = 0.08, 1.33
