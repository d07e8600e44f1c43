"""Makes the items of an iterator before they are asked for (流水线预取), in a thread of its own.

Reading, checking and writing a file each wait for something else, and numpy, GEOS and GDAL let
other threads work meanwhile: with a thread for each a load takes as long as the slowest of them.

>>> with ahead(iter("abc")) as items:
...     list(items)
['a', 'b', 'c']
>>> with ahead(1 // n for n in (1, 0)) as items:
...     list(items)
Traceback (most recent call last):
...
ZeroDivisionError: integer division or modulo by zero
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_END = object()


@contextmanager
def ahead(items: Iterable[T], most: int = 1) -> Iterator[Iterator[T]]:
    """The items, of which at most so many wait; what making them raises, asking for them raises.

    The thread has ended when the context does, whether all items were asked for or not.
    """
    made: Queue[tuple[Any, BaseException | None]] = Queue(most)
    left = Event()

    def make() -> None:
        try:
            for item in items:
                made.put((item, None))
                if left.is_set():
                    return
            made.put((_END, None))
        except BaseException as error:
            made.put((_END, error))

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield _taken(made)
    finally:
        left.set()
        while thread.is_alive():
            _empty(made)
            thread.join(0.01)


def _taken(made: Queue[tuple[Any, BaseException | None]]) -> Iterator[Any]:
    while True:
        item, error = made.get()
        if error is not None:
            raise error
        if item is _END:
            return
        yield item


def _empty(made: Queue[Any]) -> None:
    while not made.empty():
        made.get_nowait()
