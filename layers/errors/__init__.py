"""Errors of ingest (入库错误), as a tree.

::

    LayerError (CimError)
    ├── SourceUnreadable   not a file that can be read, or damaged part-way
    ├── LayerAmbiguous     the file has several layers, or none
    ├── CrsMissing         neither the file nor the caller names a CRS
    ├── CrsUnknown         the name of a CRS means nothing
    ├── CrsRefused         coordinates cannot be in the declared CRS, or its accuracy is not known
    ├── TransformationUnfit  a transformation that was asked for cannot be used
    ├── FieldMissing       a field that the caller named is not in the file
    ├── KeyMissing         a mode that knows features by their key, and no key
    ├── CoverageUndeclared  a tolerance or width of gaps, and the layer is no coverage
    ├── KindTaken          the name belongs to a layer of the other kind
    ├── ClassTaken         the layer is of another class
    ├── ClassUnknown       no such class in the class table
    ├── KeyTaken           the entities of the layer are known by another key
    ├── RowsRefused        rows broke a rule; it carries the first problems that were found
    ├── TableUnknown       no table or view of that name in the database
    ├── TableForbidden     the service's role may not read a table; it carries what to grant
    ├── TableUnfit         a table that cannot be a layer, or not without being told more
    ├── TableChanged       a registered table is gone, or other than it was
    ├── RowsVanished       most rows of a registered table are gone at once
    ├── LayerLoaded        a table cannot be registered as a layer that was loaded from files
    ├── LayerRegistered    a file cannot be loaded into a registered table
    ├── RunUnknown         no run of this number in the ingest log
    ├── RunKept            a run that cannot be undone, or not yet
    ├── UploadRefused      what was sent is not what it should be, or means harm
    ├── FormatMissing      a raster format that the GDAL here was built without
    ├── SensorUnknown      no sensor of that name in the table
    ├── RecipeUnfit        what was said of a raster does not fit it
    ├── SceneUnknown       the raster layer has no scene of that name
    ├── BatchStopped       a batch of requests that was answered only in part
    ├── ResultsUnfit       a file cannot hold the results of a batch
    ├── RasterUnplaced     a raster whose place on the earth is not told, or not as ours is
    ├── RasterUnfit        a raster that cannot be a scene: its size, its bands, its values
    ├── CogInvalid         what was made of a raster is no Cloud Optimised GeoTIFF
    ├── StoreUnwritable    the folder or bucket of the raster store cannot be written to
    ├── EditRefused        a feature that is written by itself breaks a rule; it carries which
    │   └── EditClashes    what it names belongs to another feature
    ├── LayerBusy          a file is being loaded into the layer
    ├── ValueUnfit         a value that is not of the type that its column was said to be
    ├── ZoneUnknown        a text names no time zone
    ├── LayoutUnclear      which column of observations is what cannot be told
    ├── EngineUnreachable  a scheduler or a worker that is not there, or cannot do what it is asked
    ├── SourceElsewhere    a file or folder that this machine does not have
    ├── FileUnwritable     a file of an export cannot be written
    └── DatumDiffers       a station's datum is known with another offset
"""

from layers.errors.loading import (
    BatchStopped,
    ClassTaken,
    ClassUnknown,
    CoverageUndeclared,
    EditClashes,
    EditRefused,
    EngineUnreachable,
    FileUnwritable,
    KeyMissing,
    KeyTaken,
    KindTaken,
    LayerBusy,
    LayerLoaded,
    LayerRegistered,
    ResultsUnfit,
    RowsRefused,
    RunKept,
    RunUnknown,
    SourceElsewhere,
)
from layers.errors.observations import DatumDiffers, LayoutUnclear, ZoneUnknown
from layers.errors.rasters import (
    CogInvalid,
    FormatMissing,
    RasterUnfit,
    RasterUnplaced,
    RecipeUnfit,
    SceneUnknown,
    SensorUnknown,
    StoreUnwritable,
)
from layers.errors.root import LayerError
from layers.errors.sources import (
    CrsMissing,
    CrsRefused,
    CrsUnknown,
    FieldMissing,
    LayerAmbiguous,
    RowsVanished,
    SourceUnreadable,
    TableChanged,
    TableForbidden,
    TableUnfit,
    TableUnknown,
    TransformationUnfit,
    UploadRefused,
    ValueUnfit,
)

__all__ = [
    "BatchStopped",
    "ClassTaken",
    "ClassUnknown",
    "CogInvalid",
    "CoverageUndeclared",
    "CrsMissing",
    "CrsRefused",
    "CrsUnknown",
    "DatumDiffers",
    "EditClashes",
    "EditRefused",
    "EngineUnreachable",
    "FieldMissing",
    "FileUnwritable",
    "FormatMissing",
    "KeyMissing",
    "KeyTaken",
    "KindTaken",
    "LayerAmbiguous",
    "LayerBusy",
    "LayerError",
    "LayerLoaded",
    "LayerRegistered",
    "LayoutUnclear",
    "RasterUnfit",
    "RasterUnplaced",
    "RecipeUnfit",
    "ResultsUnfit",
    "RowsRefused",
    "RowsVanished",
    "RunKept",
    "RunUnknown",
    "SceneUnknown",
    "SensorUnknown",
    "SourceElsewhere",
    "SourceUnreadable",
    "StoreUnwritable",
    "TableChanged",
    "TableForbidden",
    "TableUnfit",
    "TableUnknown",
    "TransformationUnfit",
    "UploadRefused",
    "ValueUnfit",
    "ZoneUnknown",
]

# People meet an error by the name under which it is offered.
for _name in __all__:
    globals()[_name].__module__ = __name__
