"""Files that commands write (输出文件): whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from api.errors import FileFault

__all__ = ["whole"]


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """A name beside the output that becomes the output at the end, or goes; FileFault."""
    temporary = output.with_name(f".{os.getpid()}-{output.name}")
    try:
        yield temporary
        temporary.replace(output)
    except OSError as error:
        named = output if error.filename in {None, str(temporary)} else error.filename
        raise FileFault(named, error.strerror or str(error)) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
