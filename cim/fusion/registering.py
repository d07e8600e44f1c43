"""Tables and views of the database made business tables where they stand (业务表登记)."""

from sqlalchemy import Connection

from cim.actions import Action
from cim.database.sql import run
from cim.errors import FusionExists, TableInvalid
from cim.fusion import business, upkeep
from cim.fusion.business import Said
from cim.fusion.model import BusinessTable
from cim.names import layer_name, quoted

_OURS = ("cim", "layer", "history", "item", "version", "business", "information_schema")


def register(connection: Connection, relation: str, said: Said, by: Action) -> BusinessTable:
    """Make a table or view of the database, `schema.table`, a business table where it stands.

    TableInvalid, GradeInvalid, UnknownField, FusionExists where the name is that of a loaded one.
    """
    name = layer_name(said.name)
    business.lock(connection, name)
    upkeep.hold_bases(connection, name)
    held = business.find(connection, name)
    if held is not None and held.loaded:
        raise FusionExists(name, "is a table that was loaded from a file")
    place = _place(connection, relation)
    columns = business.columns_of(connection, place)
    if said.key is None and held is None:
        raise TableInvalid("key", "is missing: name the column that tells rows from each other")
    table = business.describe(connection, said, held, (place, False, columns), by)
    business.check_key(connection, table)
    upkeep.rebuild(connection, name)
    upkeep.after_table(connection, name)
    return table


def _place(connection: Connection, relation: str) -> str:
    schema, dot, name = relation.partition(".")
    if not dot or not schema or not name:
        raise TableInvalid("table", f"is named as schema.table, not {relation!r}")
    if schema in _OURS or schema.startswith("pg_"):
        raise TableInvalid("table", f"{relation!r} is one of the program's own or the server's")
    place = f"{quoted(schema)}.{quoted(name)}"
    kind = "SELECT relkind::text AS kind FROM pg_class WHERE oid = to_regclass($1)"
    found = run(connection, kind, place)
    if not found or found[0].kind not in {"r", "v", "m", "f", "p"}:
        raise TableInvalid("table", f"{relation!r} is not in the database")
    readable = "SELECT has_table_privilege($1, 'SELECT') AS yes"
    if not run(connection, readable, place)[0].yes:
        raise TableInvalid("table", f"{relation!r} may not be read by this program's role")
    return place
