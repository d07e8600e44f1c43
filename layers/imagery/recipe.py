"""What a person says of the files of a scene (入库说明), over what they say themselves."""

import json
from dataclasses import asdict, dataclass
from typing import NamedTuple


class Named(NamedTuple):
    """A name for a band, and its common name when it is another.

    >>> Named.read("B08=nir"), Named.read("slope")
    (Named(name='B08', common='nir'), Named(name='slope', common=''))
    """

    name: str
    common: str

    @classmethod
    def read(cls, text: str) -> "Named":
        name, _, common = text.partition("=")
        return cls(name.strip(), common.strip())


@dataclass(frozen=True, slots=True)
class Recipe:
    """All of it may be left out.

    `bands` are names in the order of the files and of the bands in each; `variables` are those of
    a NetCDF file (or pages of a TIFF) that are to be bands. `categorical` values are classes,
    which overviews must not average. `scale` and `offset` make reflectance of a value; `crs` is
    for files that name none. Cloud cover is in per cent, `gsd` in metres.
    """

    sensor: str | None = None
    bands: tuple[Named, ...] = ()
    variables: tuple[str, ...] = ()
    categorical: bool | None = None
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None
    crs: str | None = None
    cloud_cover: float | None = None
    gsd: float | None = None

    def text(self) -> bytes:
        """The same bytes for the same recipe."""
        return json.dumps(asdict(self), sort_keys=True).encode()


PLAIN = Recipe()
