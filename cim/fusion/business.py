"""Business tables (业务表): tables without geometry, loaded from files or registered as they stand.

A loaded one is `business.<name>`; a registered one is a table or view of the database that stays
where it is, and whose owner then cannot drop what a fusion reads. Each has an owning department
(责任部门) and a grade, and is refused without. A column may have a grade of its own, and may be
said to be a data item of the catalog (`item`); its grade is the highest of these.

Rows are known by a key; rows of a loaded table without one by their number in the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import Connection

from cim import actions
from cim.actions import Action
from cim.catalog import grades, reading, units
from cim.catalog.binding import FITTING
from cim.database.sql import run
from cim.errors import BadName, FusedUpon, TableInvalid, UnknownField, UnknownTable
from cim.fusion.model import LOAD, ROW, TOLD, BusinessTable, TableColumn, parse
from cim.names import layer_name, quoted

LONGEST = 200

# Types of PostgreSQL, without their lengths, and what they are here; columns of others are left.
_TYPES = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "real": "double precision",
    "double precision": "double precision",
    "numeric": "numeric",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "uuid": "text",
    "date": "date",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "jsonb": "jsonb",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a table. What is None stays as it is; at first title and source have
    usual values, and owner and grade none.

    `grades` and `items` are by column, and are added to those that are known.
    """

    name: str
    title_zh: str | None = None
    title_en: str | None = None
    owner: str | None = None
    grade: str | None = None
    key: str | None = None
    source: str | None = None
    grades: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)


def find(connection: Connection, name: str) -> BusinessTable | None:
    sql = f"SELECT {TOLD}::text AS document FROM cim.business_table t WHERE name = $1"
    for row in run(connection, sql, name):
        return parse(json.loads(row.document))
    return None


def get(connection: Connection, name: str) -> BusinessTable:
    """UnknownTable."""
    found = find(connection, name)
    if found is None:
        raise UnknownTable(name)
    return found


def listed(connection: Connection) -> list[BusinessTable]:
    """All of them by name."""
    sql = f"SELECT {TOLD}::text AS document FROM cim.business_table t ORDER BY name"
    return [parse(json.loads(row.document)) for row in run(connection, sql)]


def lock(connection: Connection, name: str) -> None:
    """Wait until nobody else writes the table, and keep others waiting until the end."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"table {name}")


def columns_of(connection: Connection, relation: str) -> tuple[TableColumn, ...]:
    """The columns that can be read here, in their order; without ours and without geometries."""
    rows = run(
        connection,
        """
        SELECT attname::text AS name, format_type(atttypid, NULL) AS raw,
               CASE WHEN c.collname IS NOT NULL AND c.collname <> 'default'
                    THEN quote_ident(n.nspname) || '.' || quote_ident(c.collname) ELSE '' END
               AS collation
        FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation
        LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """,
        relation,
    )
    return tuple(
        TableColumn(row.name, _TYPES[row.raw], row.raw, collation=row.collation)
        for row in rows
        if row.raw in _TYPES and row.name not in {ROW, LOAD}
    )


def describe(
    connection: Connection,
    said: Said,
    held: BusinessTable | None,
    found: tuple[str, bool, tuple[TableColumn, ...]],
    by: Action,
) -> BusinessTable:
    """Write down what is said of a table, which is found to be (relation, loaded, columns)."""
    relation, loaded, columns = found
    key = said.key or (held.key_field if held else None)
    if held is not None and key != held.key_field and loaded:
        raise TableInvalid("key", f"of {said.name} is {held.key_field or 'the row'}, and stays")
    values = (
        layer_name(said.name),
        relation,
        loaded,
        json.dumps(_title(said, held), ensure_ascii=False),
        _owner(said.owner if said.owner is not None else held.owner if held else ""),
        said.source if said.source is not None else held.source if held else "",
        grades.check(said.grade or (held.grade if held else None)),
        key,
        json.dumps(_columns(connection, said, held, columns), ensure_ascii=False),
        actions.record(connection, by),
    )
    run(connection, _WRITE, *values)
    table = get(connection, said.name)
    if table.key_field is not None:
        table.column(table.key_field)
    _check_kept(connection, held, table)
    return table


_WRITE = """
    INSERT INTO cim.business_table
        (name, relation, loaded, title, owner, source, grade, key_field, columns, action_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (name) DO UPDATE SET
        relation = excluded.relation, title = excluded.title, owner = excluded.owner,
        source = excluded.source, grade = excluded.grade, key_field = excluded.key_field,
        columns = excluded.columns, action_id = excluded.action_id, updated_at = now()
"""


def _title(said: Said, held: BusinessTable | None) -> dict[str, str]:
    zh = said.title_zh or (held.title_zh if held else said.name)
    kept = held.title_en if held and held.title_en != held.title_zh else None
    return {"zh": zh, "en": said.title_en or kept or zh}


def _owner(name: str) -> str:
    if not name.strip() or len(name) > LONGEST or not name.isprintable():
        raise TableInvalid("owner", "is the name of a department, on one line, and is not left out")
    return name.strip()


def _columns(
    connection: Connection,
    said: Said,
    held: BusinessTable | None,
    columns: tuple[TableColumn, ...],
) -> list[dict[str, str]]:
    known = {c.name: c for c in held.columns} if held else {}
    names = {c.name for c in columns}
    for name in (*said.grades, *said.items):
        if name not in names:
            raise TableInvalid("column", f"{name!r} is not there; there are {', '.join(names)}")
    made = []
    for column in columns:
        before = known.get(column.name)
        grade = said.grades.get(column.name) or (before.grade if before else "")
        item = said.items.get(column.name) or (before.item if before else "")
        if grade:
            grades.check(grade)
        if item:
            _check_item(connection, column, item)
        made.append(
            {
                **{n: getattr(column, n) for n in ("name", "type", "raw", "collation")},
                "grade": grade,
                "item": item,
            }
        )
    return made


def _check_item(connection: Connection, column: TableColumn, code: str) -> None:
    """A column is a data item whose type it can hold and whose unit its name does not deny."""
    statement = reading.of_field(code)
    rows = run(connection, statement.sql, *statement.values)
    if not rows:
        raise UnknownField(code)
    (item,) = reading.element(rows[0].document).fields
    if column.type not in FITTING[item.type]:
        what = f"{column.name!r} is {column.type}, {code} a {item.type}"
        raise TableInvalid("item", f"does not fit: {what}")
    if units.of_name(column.name) not in {None, item.unit}:
        raise TableInvalid("item", f"does not fit: {column.name!r} is not in {item.unit}")


def _check_kept(connection: Connection, held: BusinessTable | None, table: BusinessTable) -> None:
    """FusedUpon where a column is gone, or is of another type, that a fusion reads."""
    types = {column.name: column.type for column in table.columns}
    for column in held.columns if held else ():
        if types.get(column.name) != column.type:
            fusions = reading_of(connection, table.id, column.name)
            if fusions:
                raise FusedUpon(f"column {column.name!r} of {table.name}", fusions)


def reading_of(connection: Connection, table_id: int, column: str | None = None) -> list[str]:
    """Names of the fused collections that read a table, or one of its columns."""
    rows = run(
        connection,
        """
        SELECT DISTINCT l.name FROM cim.fusion_table j JOIN cim.layer l ON l.id = j.layer_id
        WHERE j.table_id = $1 AND ($2::text IS NULL OR $2 = j.several_field
            OR EXISTS (SELECT FROM cim.fusion_field f WHERE f.join_id = j.id
                       AND f.column_name = $2)
            OR EXISTS (SELECT FROM jsonb_array_elements(j.ways) w
                       WHERE $2 IN (w ->> 'column', w ->> 'lon', w ->> 'lat')))
        ORDER BY l.name
        """,
        table_id,
        column,
    )
    return [row.name for row in rows]


def check_key(connection: Connection, table: BusinessTable) -> None:
    """TableInvalid where the key of a row is missing, or that of another one, too."""
    key = quoted(table.key.name)
    twice = run(
        connection,
        f"SELECT {key}::text AS key, count(*) AS rows FROM {table.relation} GROUP BY {key} "
        f"HAVING count(*) > 1 OR {key} IS NULL ORDER BY count(*) DESC LIMIT 1",
    )
    for row in twice:
        said = f"is empty in {row.rows}" if row.key is None else f"{row.key!r} is in {row.rows}"
        raise TableInvalid("key", f"{table.key.name}: {said} rows of {table.name}")


def readable(connection: Connection, table: BusinessTable) -> bool:
    """Whether the rows can be read: others may lock, alter or drop a table of theirs."""
    names = ", ".join(quoted(column.name) for column in table.columns)
    try:
        with connection.begin_nested():
            run(connection, f"SELECT {names} FROM {table.relation} LIMIT 0")
    except psycopg.Error:
        return False
    return True


def check(connection: Connection, table: BusinessTable) -> None:
    """TableInvalid where the rows cannot be read now."""
    if not readable(connection, table):
        raise TableInvalid("table", f"{table.name!r} cannot be read now")


def drop(connection: Connection, name: str) -> None:
    """Take a table away; the rows of a registered one stay where they are. FusedUpon."""
    lock(connection, name)
    table = get(connection, name)
    fusions = reading_of(connection, table.id)
    if fusions:
        raise FusedUpon(f"table {name!r}", fusions)
    run(connection, "DELETE FROM cim.business_table WHERE id = $1", table.id)
    if table.loaded:
        run(connection, f"DROP TABLE {table.relation}")


def relation_of(name: str) -> str:
    """Where the rows of a loaded table stand.

    >>> relation_of("taxes")
    'business."taxes"'
    """
    if name.startswith("cim_"):
        raise BadName(name, "names that begin with cim_ are the program's own")
    return f"business.{quoted(name)}"
