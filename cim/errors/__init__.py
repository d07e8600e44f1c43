"""Everything that ``cim`` refuses (错误), as a tree.

::

    CimError (Exception)
    ├── InvalidCode (ValueError)        a text is not a code of the scheme it is read as
    │   ├── InvalidLength               too short or too long
    │   ├── InvalidCharacter            a character that cannot stand at this place
    │   ├── InvalidDivision             no such administrative division (GB/T 2260)
    │   ├── InvalidComponent            a segment has a value that the scheme does not allow
    │   └── InvalidCheckCharacter       the check character does not belong to the rest
    ├── UnknownEntry (LookupError)      a table of ours has no such row
    │   ├── UnknownDivision             administrative division
    │   ├── UnknownScheme               code scheme
    │   ├── UnknownClass                entity class
    │   ├── UnknownCrs                  coordinate reference system
    │   ├── UnknownCatalog              version of a catalog
    │   ├── UnknownElement              element of the catalog
    │   ├── UnknownField                field of the catalog
    │   ├── UnknownCodeList             code list of the catalog
    │   ├── NotBound                    binding of a layer to the catalog
    │   ├── UnknownParameter            observed parameter
    │   ├── UnknownUnit                 unit of measure
    │   ├── EntityUnknown               entity, by its code
    │   ├── ReviewUnknown               review of a suspected duplicate
    │   ├── ReservationUnknown          reservation of codes
    │   ├── JobUnknown                  job
    │   ├── UnknownStyle                style
    │   ├── UnknownTable                business table
    │   ├── UnknownFusion               fused collection
    │   └── UnknownLink                 row of a table in a fusion
    ├── ClassError                      the class table cannot be used or changed like this
    │   ├── ClassInvalid (ValueError)   a class cannot have such a code or value
    │   ├── ClassExists                 the code is a class already
    │   ├── ClassInUse                  something relies on the class
    │   └── ClassDeprecated             nothing new is put into the class
    ├── CatalogError                    the catalog cannot be loaded, used or bound like this
    │   ├── CatalogInvalid (ValueError)  a version cannot say this
    │   ├── GradeInvalid (ValueError)   no grade, or none that there is
    │   ├── BindingInvalid (ValueError)  a layer cannot be bound like this
    │   ├── CatalogExists               a version of that name says something else
    │   ├── BoundItemsGone              layers are bound to what a version has no more
    │   └── FieldOwned                  another layer is the authoritative source
    ├── StyleError                      a style cannot be kept or changed like this
    │   ├── StyleInvalid (ValueError)   it breaks the rules of its encoding
    │   ├── StyleExists                 the id of a new one is taken
    │   ├── StyleMade                   the program makes it; there is nothing to remove
    │   └── StyleMoved                  it is not what the writer has seen
    ├── FusionError                     tables and layers cannot be put together like this
    │   ├── TableInvalid (ValueError)   a business table cannot be like this
    │   ├── FusionInvalid (ValueError)  a fusion cannot be like this
    │   ├── FusionExists                the name is taken, or the table is in it already
    │   ├── FusedUpon                   fused collections rest on it
    │   ├── LayerFused                  a fused collection has no rows of its own
    │   └── LinkDecided                 a link that waits for no decision
    ├── LayerNotFound (LookupError)     the registry has no such layer
    │   └── LayerOfOtherKind            it has one, of imagery where features are asked for, or so
    ├── LayerUnreadable                 the table behind a registered layer cannot be read
    ├── RowsElsewhere                   its things are rows that others write
    ├── SceneNotFound (LookupError)     the layer has no scene of that time
    ├── SceneUnreadable                 the file of a registered scene is gone or damaged
    ├── UnitUnfit (ValueError)          units of different quantities
    ├── InvalidPosition (ValueError)    a text is no place in the feed of changes
    ├── InvalidMoment (ValueError)      a text is no RFC 3339 time or interval
    ├── FilterInvalid (ValueError)      a filter that cannot be read, or asks for what there is not
    │   └── PropertyUnknown             a property that there is not
    ├── AssignmentError                 requests for codes that cannot be answered
    │   ├── BatchTooLarge               more of them than are taken at once
    │   ├── LayerOfOtherClass           the layer they name holds another class
    │   ├── ReservationUnfit            a reservation that cannot be made or used
    │   ├── AlreadyAssigned             a thing that has got a code of its own meanwhile
    │   └── ReviewDecided               a review that somebody has decided already
    ├── WrittenMeanwhile                another writer was faster: ask again
    ├── JobLost                         a job that was taken for dead while it was worked on
    ├── LifeError                       a step that the life of an entity does not allow
    │   ├── FutureTime                  a time that has not come yet
    │   ├── ValidTimeDisorder           a change that is valid before what it changes
    │   ├── NotActive                   the entity's life has ended, or not begun
    │   ├── ChangeUnfit                 a change that breaks a rule
    │   ├── SuccessionUnfit             a merge or split that is none
    │   └── AreasDiffer                 what comes out is not as large as what went in
    ├── BadName (ValueError)            a text cannot name a layer or a property
    ├── SerialsExhausted                nine digits of serial are used up
    ├── QuotaExceeded                   a department may have no more codes
    ├── SettingInvalid (ValueError)     an environment variable holds what it may not
    └── DatabaseError
        ├── DatabaseUnreachable         nothing answers, or it turns us away
        ├── DatabaseTooOld              PostgreSQL below 15
        ├── PostgisMissing              no PostGIS on the server
        │   └── PostgisTooOld           PostGIS below 3.3
        ├── ExtensionMissing            an extension that only an administrator can make
        ├── LocaleUnfit                 a locale that knows no Chinese letters
        ├── SchemaForeign               its tables are not of this version of the program
        └── ClusterError                the embedded cluster
            ├── PostgresMissing         no PostgreSQL programs on this machine
            ├── NoClusterUser           no user whom the cluster could run as
            ├── ClusterForeign          its files belong to somebody else
            ├── ClusterHomeless         CIM_HOME cannot be made, or is no folder
            └── ClusterNotStarted       PostgreSQL refused; its last words are told

A leaf says what is wrong in one sentence, with the offending text and what to do.
"""

from cim.errors.catalog import (
    BindingInvalid,
    BoundItemsGone,
    CatalogError,
    CatalogExists,
    CatalogInvalid,
    FieldOwned,
    GradeInvalid,
    NotBound,
    UnknownCatalog,
    UnknownCodeList,
    UnknownElement,
    UnknownField,
)
from cim.errors.codes import (
    ClassDeprecated,
    ClassError,
    ClassExists,
    ClassInUse,
    ClassInvalid,
    InvalidCharacter,
    InvalidCheckCharacter,
    InvalidCode,
    InvalidComponent,
    InvalidDivision,
    InvalidLength,
    UnknownClass,
    UnknownDivision,
    UnknownScheme,
)
from cim.errors.database import (
    ClusterError,
    ClusterForeign,
    ClusterHomeless,
    ClusterNotStarted,
    DatabaseError,
    DatabaseTooOld,
    DatabaseUnreachable,
    ExtensionMissing,
    LocaleUnfit,
    NoClusterUser,
    PostgisMissing,
    PostgisTooOld,
    PostgresMissing,
    SchemaForeign,
    SettingInvalid,
)
from cim.errors.entities import (
    AlreadyAssigned,
    AreasDiffer,
    AssignmentError,
    BatchTooLarge,
    ChangeUnfit,
    EntityUnknown,
    FutureTime,
    InvalidPosition,
    LayerOfOtherClass,
    LifeError,
    NotActive,
    QuotaExceeded,
    ReservationUnfit,
    ReservationUnknown,
    ReviewDecided,
    ReviewUnknown,
    SerialsExhausted,
    SuccessionUnfit,
    ValidTimeDisorder,
    WrittenMeanwhile,
)
from cim.errors.filters import FilterInvalid, PropertyUnknown
from cim.errors.fusion import (
    FusedUpon,
    FusionError,
    FusionExists,
    FusionInvalid,
    LayerFused,
    LinkDecided,
    TableInvalid,
    UnknownFusion,
    UnknownLink,
    UnknownTable,
)
from cim.errors.layers import (
    BadName,
    InvalidMoment,
    JobLost,
    JobUnknown,
    LayerNotFound,
    LayerOfOtherKind,
    LayerUnreadable,
    RowsElsewhere,
    SceneNotFound,
    SceneUnreadable,
    UnitUnfit,
    UnknownCrs,
    UnknownParameter,
    UnknownUnit,
)
from cim.errors.root import (
    CimError,
    UnknownEntry,
)
from cim.errors.styles import (
    StyleError,
    StyleExists,
    StyleInvalid,
    StyleMade,
    StyleMoved,
    UnknownStyle,
)

__all__ = [
    "AlreadyAssigned",
    "AreasDiffer",
    "AssignmentError",
    "BadName",
    "BatchTooLarge",
    "BindingInvalid",
    "BoundItemsGone",
    "CatalogError",
    "CatalogExists",
    "CatalogInvalid",
    "ChangeUnfit",
    "CimError",
    "ClassDeprecated",
    "ClassError",
    "ClassExists",
    "ClassInUse",
    "ClassInvalid",
    "ClusterError",
    "ClusterForeign",
    "ClusterHomeless",
    "ClusterNotStarted",
    "DatabaseError",
    "DatabaseTooOld",
    "DatabaseUnreachable",
    "EntityUnknown",
    "ExtensionMissing",
    "FieldOwned",
    "FilterInvalid",
    "FusedUpon",
    "FusionError",
    "FusionExists",
    "FusionInvalid",
    "FutureTime",
    "GradeInvalid",
    "InvalidCharacter",
    "InvalidCheckCharacter",
    "InvalidCode",
    "InvalidComponent",
    "InvalidDivision",
    "InvalidLength",
    "InvalidMoment",
    "InvalidPosition",
    "JobLost",
    "JobUnknown",
    "LayerFused",
    "LayerNotFound",
    "LayerOfOtherClass",
    "LayerOfOtherKind",
    "LayerUnreadable",
    "LifeError",
    "LinkDecided",
    "LocaleUnfit",
    "NoClusterUser",
    "NotActive",
    "NotBound",
    "PostgisMissing",
    "PostgisTooOld",
    "PostgresMissing",
    "PropertyUnknown",
    "QuotaExceeded",
    "ReservationUnfit",
    "ReservationUnknown",
    "ReviewDecided",
    "ReviewUnknown",
    "RowsElsewhere",
    "SceneNotFound",
    "SceneUnreadable",
    "SchemaForeign",
    "SerialsExhausted",
    "SettingInvalid",
    "StyleError",
    "StyleExists",
    "StyleInvalid",
    "StyleMade",
    "StyleMoved",
    "SuccessionUnfit",
    "TableInvalid",
    "UnitUnfit",
    "UnknownCatalog",
    "UnknownClass",
    "UnknownCodeList",
    "UnknownCrs",
    "UnknownDivision",
    "UnknownElement",
    "UnknownEntry",
    "UnknownField",
    "UnknownFusion",
    "UnknownLink",
    "UnknownParameter",
    "UnknownScheme",
    "UnknownStyle",
    "UnknownTable",
    "UnknownUnit",
    "ValidTimeDisorder",
    "WrittenMeanwhile",
]

# People meet an error by the name under which it is offered.
for _name in __all__:
    globals()[_name].__module__ = __name__
