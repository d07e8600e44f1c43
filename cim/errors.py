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
    │   └── JobUnknown                  job
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
    ├── LayerNotFound (LookupError)     the registry has no such layer
    ├── SceneNotFound (LookupError)     the layer has no scene of that time
    ├── SceneUnreadable                 the file of a registered scene is gone or damaged
    ├── UnitUnfit (ValueError)          units of different quantities
    ├── InvalidPosition (ValueError)    a text is no place in the feed of changes
    ├── InvalidMoment (ValueError)      a text is no RFC 3339 time or interval
    ├── AssignmentError                 requests for codes that cannot be answered
    │   ├── BatchTooLarge               more of them than are taken at once
    │   ├── LayerOfOtherClass           the layer they name holds another class
    │   ├── ReservationUnfit            a reservation that cannot be made or used
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

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path


class CimError(Exception):
    """Root of all errors of the package."""


class InvalidCode(CimError, ValueError):
    """A text is not a code of the scheme it is read as.

    scheme    name of the scheme, as in cim.schemes
    text      the text as it was given
    position  0-based place in that text; its length when something is missing at the end
    rule      the rule that is broken, one sentence
    """

    def __init__(self, scheme: str, text: str, position: int, rule: str) -> None:
        super().__init__(scheme, text, position, rule)
        self.scheme = scheme
        self.text = text
        self.position = position
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.scheme}: {self.rule}: {self.text!r} at position {self.position}"


class InvalidLength(InvalidCode):
    """The text is too short or too long."""


class InvalidCharacter(InvalidCode):
    """A character cannot stand at this place."""


class InvalidDivision(InvalidCode):
    """There is no such administrative division."""


class InvalidComponent(InvalidCode):
    """A segment has a value that the scheme does not allow."""


class InvalidCheckCharacter(InvalidCode):
    """The check character does not belong to the rest of the code."""


class UnknownEntry(CimError, LookupError):
    """A table of ours has no such row.

    table  what was looked up, in words
    key    the key that is not there
    """

    table = "entry"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"no {self.table} {self.key!r}"


class UnknownDivision(UnknownEntry):
    """There is no such administrative division in the table."""

    table = "administrative division"


class UnknownScheme(UnknownEntry):
    """There is no such code scheme."""

    table = "code scheme"


class UnknownClass(UnknownEntry):
    """There is no such entity class in the table."""

    table = "entity class"


class UnknownCrs(UnknownEntry):
    """The service does not offer this coordinate reference system."""

    table = "coordinate reference system"


class UnknownParameter(UnknownEntry):
    """There is no such observed parameter in the table."""

    table = "observed parameter"


class UnknownUnit(UnknownEntry):
    """There is no such unit of measure in the table."""

    table = "unit of measure"


class ClassError(CimError):
    """The class table cannot be used or changed like this."""


class ClassInvalid(ClassError, ValueError):
    """A class cannot have such a code or value; `field` is a column of the table."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}")
        self.field = field


class ClassExists(ClassError):
    """The code is a class already."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"class {code} is there already: {name}")


class ClassInUse(ClassError):
    """Something relies on the class."""

    def __init__(self, code: str, users: Sequence[str]) -> None:
        super().__init__(f"class {code} is used by {', '.join(users)}")


class ClassDeprecated(ClassError):
    """Nothing new is put into the class; the message names the class to take instead."""

    def __init__(self, code: str, instead: str | None) -> None:
        hint = f"take {instead}" if instead else "no other class replaces it"
        super().__init__(f"class {code} is deprecated; {hint}")


class UnknownCatalog(UnknownEntry):
    """There is no such version of a catalog."""

    table = "version of a catalog"


class UnknownElement(UnknownEntry):
    """The catalog has no such element."""

    table = "element of the catalog"


class UnknownField(UnknownEntry):
    """The catalog has no such field."""

    table = "field of the catalog"


class UnknownCodeList(UnknownEntry):
    """The catalog has no such code list."""

    table = "code list of the catalog"


class NotBound(UnknownEntry):
    """The layer is bound to no element."""

    table = "binding of the layer"


class CatalogError(CimError):
    """The catalog cannot be loaded, used or bound like this."""


class CatalogInvalid(CatalogError, ValueError):
    """A version of a catalog cannot say this; the message names table, row and column."""


class GradeInvalid(CatalogError, ValueError):
    """A grade is missing, or is none that there is."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"grade {rule}")


class BindingInvalid(CatalogError, ValueError):
    """A layer cannot be bound like this; `name` is what is wrong of the binding."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name} {rule}")


class CatalogExists(CatalogError):
    """A version of that name is loaded and says something else."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"{reference} is loaded and says something else; give the new one another version"
        )


class BoundItemsGone(CatalogError):
    """Layers are bound to elements or fields that a version has no more."""

    def __init__(self, reference: str, bound: Sequence[str]) -> None:
        super().__init__(
            f"{reference} has no more what layers are bound to: {'; '.join(bound)}; "
            "bind them anew or unbind them first"
        )


class FieldOwned(CatalogError):
    """Another layer is the authoritative source of a field (一数一源)."""

    def __init__(self, field: str, department: str, layer: str) -> None:
        super().__init__(
            f"the authoritative source of {field} is {department}, with the layer {layer!r}"
        )
        self.field, self.department, self.layer = field, department, layer


class LayerNotFound(CimError, LookupError):
    """The registry has no such layer, or none that this caller may know of."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no layer {name!r}")


class SceneNotFound(CimError, LookupError):
    """The layer has no scene of the time that is asked for."""

    def __init__(self, layer: str, when: str) -> None:
        super().__init__(f"{layer!r} has no scene of {when}")


class SceneUnreadable(CimError):
    """The file of a registered scene is gone or damaged."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"the scene {path} cannot be read: {reason}")


class InvalidMoment(CimError, ValueError):
    """A text is no RFC 3339 time or interval."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(f"{text!r} {rule}")


class UnitUnfit(CimError, ValueError):
    """Values in a unit of one quantity cannot become values of another quantity."""

    def __init__(self, given: str, quantity: str, wanted: str, other: str) -> None:
        super().__init__(f"{given} measures {quantity}, and {wanted} {other}")


class EntityUnknown(UnknownEntry):
    """There is no entity of this code."""

    table = "entity"


class ReviewUnknown(UnknownEntry):
    """There is no such review of a suspected duplicate."""

    table = "review"


class ReservationUnknown(UnknownEntry):
    """There is no such reservation of codes."""

    table = "reservation"


class JobUnknown(UnknownEntry):
    """There is no such job."""

    table = "job"


class AssignmentError(CimError):
    """Requests for codes that cannot be answered."""


class BatchTooLarge(AssignmentError):
    """More requests than are taken at once."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"{size:,} requests at once are too many; send {most:,} at the most")


class LayerOfOtherClass(AssignmentError):
    """The layer that a request names holds another class."""

    def __init__(self, layer: str, held: str | None, wanted: str) -> None:
        super().__init__(f"the layer {layer!r} is of class {held}, not of {wanted}")


class ReservationUnfit(AssignmentError):
    """A reservation cannot be made, or cannot be used."""


class ReviewDecided(AssignmentError):
    """Somebody has decided the review already."""

    def __init__(self, review: int) -> None:
        super().__init__(f"review {review} is decided already")


class WrittenMeanwhile(CimError):
    """Another writer was faster with the same thing."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"another writer was faster; ask again ({reason})")


class JobLost(CimError):
    """A job was taken for dead while it was worked on; its work must not be committed."""

    def __init__(self, job: int) -> None:
        super().__init__(f"job {job} was taken for dead while it was worked on")


class LifeError(CimError):
    """A step that the life of an entity does not allow."""


class ValidTimeDisorder(LifeError):
    """A change that would be valid before the version that it replaces."""

    def __init__(self, code: str, since: datetime, wanted: datetime) -> None:
        super().__init__(
            f"{code} is as it is since {since.isoformat()}; "
            f"a change of it cannot be valid from {wanted.isoformat()}"
        )


class FutureTime(LifeError, ValueError):
    """What lies ahead is not recorded before it has happened."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(f"{moment.isoformat()} has not come yet; record it when it has")


class NotActive(LifeError):
    """The entity's life has ended, or not begun."""

    def __init__(self, code: str, state: str, since: datetime) -> None:
        super().__init__(f"{code} is {state} since {since.isoformat()}")


class ChangeUnfit(LifeError):
    """A change of an entity that breaks a rule."""

    def __init__(self, code: str, field: str | None, reason: str) -> None:
        where = f", {field}" if field else ""
        super().__init__(f"{code} cannot be changed{where}: {reason}")


class SuccessionUnfit(LifeError):
    """A merge or split that is none, or whose successors cannot be."""


class AreasDiffer(LifeError):
    """What comes out of a merge or split is not as large as what went in."""

    def __init__(self, share: float, tolerance: float) -> None:
        super().__init__(
            f"the successors make up {share:.2%} of their predecessors, more than {tolerance:.0%} "
            "off; force it with a reason if that is right"
        )


class InvalidPosition(CimError, ValueError):
    """A text is no place in the feed of changes."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no place in the feed of changes: give back a `next`")


class BadName(CimError, ValueError):
    """A text cannot name a layer or a property."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name!r} cannot be a name: {rule}")


class SerialsExhausted(CimError):
    """The nine digits of serial of a division and class are used up."""

    def __init__(self, division: str, class_code: str) -> None:
        super().__init__(f"no serial is left for class {class_code} in division {division}")


class QuotaExceeded(CimError):
    """A department may have no more codes (配额)."""

    def __init__(self, department: str, class_code: str, left: int, wanted: int) -> None:
        of = f"of class {class_code} " if class_code else ""
        super().__init__(
            f"{department!r} may have {max(left, 0):,} more codes {of}and asks for {wanted:,}"
        )


class SettingInvalid(CimError, ValueError):
    """An environment variable holds a text that it may not hold."""

    def __init__(self, name: str, text: str, wanted: str) -> None:
        super().__init__(f"{name} must be {wanted}, not {text!r}")


class DatabaseError(CimError):
    """The database cannot be used as it is."""


class DatabaseUnreachable(DatabaseError):
    """Nothing answers at the address, or it turns us away."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"the database {address} is unreachable: {reason}")


class DatabaseTooOld(DatabaseError):
    """The server is older than what our SQL needs."""

    def __init__(self, version: str, oldest: int) -> None:
        super().__init__(
            f"the server has PostgreSQL {version}; version {oldest} or newer is needed"
        )


class PostgisMissing(DatabaseError):
    """The server has no PostGIS to make the extension from."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"PostgreSQL {version} has no PostGIS here; "
            f"install it on its machine (Debian: apt-get install postgresql-{version}-postgis-3)"
        )


class PostgisTooOld(PostgisMissing):
    """PostGIS is there but older than what our SQL needs."""

    def __init__(self, version: str, oldest: str) -> None:
        DatabaseError.__init__(
            self, f"the database has PostGIS {version}; version {oldest} or newer is needed"
        )


class ExtensionMissing(DatabaseError):
    """The role may not make the extension; an administrator must."""

    def __init__(self, extension: str, database: str) -> None:
        super().__init__(
            f"the database lacks the extension {extension} and this role may not make it; "
            f'an administrator must run, in "{database}": CREATE EXTENSION {extension};'
        )


class LocaleUnfit(DatabaseError):
    """Text search finds no Chinese letters under the database's locale."""

    def __init__(self, database: str, locale: str) -> None:
        super().__init__(
            f'the database "{database}" has the locale {locale}, under which Chinese text has no '
            f"trigrams; make it again with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
        )


class SchemaForeign(DatabaseError):
    """The tables are missing, older or newer than this program's."""

    def __init__(self, found: str | None) -> None:
        held = f"tables of version {found}, not this program's" if found else "no tables yet"
        super().__init__(f"the database has {held}; run: cim up --no-serve")


class ClusterError(DatabaseError):
    """The embedded cluster cannot be used as it is."""


class PostgresMissing(ClusterError):
    """This machine has no PostgreSQL programs of the version."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"no PostgreSQL {version} server programs on this machine; install them (Debian: "
            f"apt-get install postgresql-{version}-postgis-3) or name a server in CIM_DATABASE_URL"
        )


class NoClusterUser(ClusterError):
    """The machine does not know the user whom the cluster should run as."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"the embedded cluster cannot run as {user!r}, a user unknown to this machine; "
            "name a server in CIM_DATABASE_URL"
        )


class ClusterForeign(ClusterError):
    """The cluster's files belong to another user."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(
            f"{path} belongs to the user {owner!r}; work as that user or as root, "
            "or choose another CIM_HOME"
        )


class ClusterHomeless(ClusterError):
    """The folder that is to hold the cluster cannot be made."""

    def __init__(self, home: Path, reason: str) -> None:
        super().__init__(f"CIM_HOME {home} cannot be used: {reason.lower()}; choose another")


class ClusterNotStarted(ClusterError):
    """PostgreSQL would not start."""

    def __init__(self, path: Path, words: str) -> None:
        super().__init__(f"the embedded cluster in {path} did not start: {words}")
