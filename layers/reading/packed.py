"""Files in an archive (压缩包读取): a zip of one data set, or of several of which one is named.

It is unpacked into a folder of its own for as long as it is read. A KMZ is a zip of a KML.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from layers import archive, dataset
from layers.archive import Limits
from layers.errors import LayerError
from layers.reading.opened import Asked

# Whoever names a file of this machine may fill its disk with it.
_OWN = Limits(size=1 << 50, entries=1_000_000, ratio=1 << 30)


@contextmanager
def unpacked(asked: Asked) -> Iterator[Asked]:
    """The data set in an archive, or the file itself that is none; UploadRefused."""
    if not archive.is_archive(asked.path):
        yield asked
        return
    with TemporaryDirectory(prefix="cim-") as folder:
        try:
            archive.unpack(asked.path, Path(folder), _OWN)
            found = dataset.find(Path(folder), asked.path.name, asked.layer)
            yield replace(asked, path=found.path, layer=found.layer)
        except LayerError as error:
            # What is said of a part is said of it in its archive.
            error.args = (str(error).replace(folder, str(asked.path)),)
            raise
