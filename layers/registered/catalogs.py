"""What PostgreSQL's catalogs say of a table (系统目录): columns, types, keys, who may read it."""

from typing import NamedTuple

from sqlalchemy import Connection

from cim.database.sql import run
from cim.names import quoted
from layers.errors import TableForbidden, TableUnfit, TableUnknown
from layers.registered.place import OWN, Place

KINDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}


class Attribute(NamedTuple):
    """A column. `kind` is the name of its type in `pg_type`, of a domain that of its base.

    `own` is the type as SQL, whatever the search path, and `collation` its collation where that is
    not the database's.
    """

    name: str
    kind: str
    own: str
    variety: str
    collation: str | None


class Found(NamedTuple):
    """A table: `kind` as in `KINDS`, `keys` the columns that are unique each by itself.

    `primary` is the primary key where that is one column.
    """

    place: Place
    kind: str
    attributes: tuple[Attribute, ...]
    keys: frozenset[str]
    primary: str | None

    def attribute(self, name: str) -> Attribute:
        """TableUnfit where there is no such column."""
        for each in self.attributes:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in self.attributes)
        raise TableUnfit(self.place, f"it has no column {name!r}; it has {names}")


def find(connection: Connection, place: Place) -> Found:
    """The table of that name; TableUnknown, TableForbidden, TableUnfit."""
    rows = run(
        connection,
        """
        SELECT c.oid, c.relkind::text AS kind, c.relispopulated AS filled FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2
        """,
        *place,
    )
    if not rows or rows[0].kind not in KINDS:
        raise TableUnknown(place, _like(connection, place))
    if place.schema in OWN or place.schema.startswith(("pg_", "information_schema")):
        raise TableUnfit(place, "its schema is not one for tables of departments")
    (found,) = rows
    _check_readable(connection, place, found.oid)
    if not found.filled:
        raise TableUnfit(place, f"it is not filled yet; REFRESH MATERIALIZED VIEW {_sql(place)}")
    keys = _keys(connection, found.oid)
    return Found(
        place,
        KINDS[found.kind],
        tuple(_attributes(connection, found.oid)),
        frozenset(keys),
        next((name for name, primary in keys.items() if primary), None),
    )


def _sql(place: Place) -> str:
    return f"{quoted(place.schema)}.{quoted(place.table)}"


def _like(connection: Connection, place: Place) -> list[str]:
    """Tables that somebody may have meant: the case is another, or the schema."""
    rows = run(
        connection,
        """
        SELECT n.nspname AS schema, c.relname AS table FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE lower(c.relname) = lower($1) AND c.relkind = ANY($2)
          AND NOT n.nspname = ANY($3) AND n.nspname !~ '^(pg_|information_schema)'
        ORDER BY 1, 2 LIMIT 3
        """,
        place.table,
        list(KINDS),
        list(OWN),
    )
    return [str(Place(row.schema, row.table)) for row in rows]


def _check_readable(connection: Connection, place: Place, oid: int) -> None:
    (may,) = run(
        connection,
        """
        SELECT current_user::text AS role, has_schema_privilege($1, 'USAGE') AS enter,
               has_table_privilege($2::oid, 'SELECT') AS read
        """,
        place.schema,
        oid,
    )
    role, grants = quoted(may.role), []
    if not may.enter:
        grants.append(f"GRANT USAGE ON SCHEMA {quoted(place.schema)} TO {role}")
    if not may.read:
        grants.append(f"GRANT SELECT ON {_sql(place)} TO {role}")
    if grants:
        raise TableForbidden(place, may.role, grants)


def _attributes(connection: Connection, oid: int) -> list[Attribute]:
    """The columns in their order; the type of a domain is what it is made of."""
    rows = run(
        connection,
        """
        WITH RECURSIVE made AS (
            SELECT a.attnum, a.attname::text AS name, t.oid, t.typtype, t.typbasetype,
                   a.attcollation
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT m.attnum, m.name, t.oid, t.typtype, t.typbasetype, m.attcollation
            FROM made m JOIN pg_type t ON t.oid = m.typbasetype WHERE m.typtype = 'd'
        )
        SELECT m.name, t.typname::text AS kind,
               CASE WHEN tn.nspname = 'pg_catalog' THEN format_type(t.oid, -1)
                    ELSE quote_ident(tn.nspname) || '.' || quote_ident(t.typname) END AS own,
               CASE WHEN t.typcategory = 'A' THEN 'array' WHEN t.typtype = 'c' THEN 'composite'
                    ELSE 'plain' END AS variety,
               CASE WHEN c.collname <> 'default'
                    THEN quote_ident(cn.nspname) || '.' || quote_ident(c.collname) END AS collation
        FROM made m JOIN pg_type t ON t.oid = m.oid
        JOIN pg_namespace tn ON tn.oid = t.typnamespace
        LEFT JOIN pg_collation c ON c.oid = m.attcollation
        LEFT JOIN pg_namespace cn ON cn.oid = c.collnamespace
        WHERE m.typtype <> 'd' ORDER BY m.attnum
        """,
        oid,
    )
    return [Attribute(*row) for row in rows]


def _keys(connection: Connection, oid: int) -> dict[str, bool]:
    """Columns that an index keeps unique, and whether they are the primary key, which is first."""
    rows = run(
        connection,
        """
        SELECT a.attname::text AS name, bool_or(i.indisprimary) AS prime
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
          AND i.indpred IS NULL AND i.indkey[0] > 0
        GROUP BY a.attname ORDER BY bool_or(i.indisprimary) DESC, 1
        """,
        oid,
    )
    return {row.name: row.prime for row in rows}
