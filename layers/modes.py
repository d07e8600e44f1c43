"""What a mode of ingest asks of the rows (入库方式): which keys may be there, which must.

=========  ===================================================================================
`replace`  the file is the whole layer: what it does not have is retired (整层替换)
`append`   the file adds to the layer; a key that is there already is a problem (追加)
`upsert`   the file adds and changes; what it does not have stays, rows and fields (更新插入)
`delete`   the file names keys, and their features are retired (按键删除)
=========  ===================================================================================

A key whose feature was retired is not there; that it comes again reinstates it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.database.sql import run, stream
from cim.layer import Column, Layer
from cim.names import quoted


def check_absent(connection: Connection, key_field: str | None, problems: Problems) -> None:
    """Note every staged key that is in the layer already."""
    there = """
        SELECT s.cim_row, s.cim_source, c.code FROM stage s JOIN stage_code c USING (cim_row)
        WHERE c.state = 'active' ORDER BY s.cim_row
    """
    for row in stream(connection, there):
        problems.add(row.cim_row, key_field, broken("key.there", row.cim_source, code=row.code))


def check_there(connection: Connection, key_field: str | None, problems: Problems) -> None:
    """Note every staged key that is not in the layer."""
    absent = """
        SELECT s.cim_row, s.cim_source FROM stage s LEFT JOIN stage_code c USING (cim_row)
        WHERE c.state IS DISTINCT FROM 'active' ORDER BY s.cim_row
    """
    for row in stream(connection, absent):
        problems.add(row.cim_row, key_field, broken("key.absent", row.cim_source))


def check_kept_aliases(
    connection: Connection, target: Target, problems: Problems, *, whole: bool
) -> None:
    """Note every other code that a feature holds which the file leaves as it is.

    Where the file is the `whole` layer these are only the features of refused rows.
    """
    held = stream(
        connection,
        """
        SELECT n.cim_row, n.scheme, n.value, e.code, e.source_id
        FROM stage_alias n JOIN stage USING (cim_row)
        JOIN cim.alias a ON (a.scheme, a.value) = (n.scheme, n.value)
        JOIN cim.entity e ON e.code = a.code
        WHERE a.valid_to IS NULL AND e.source_system = $1
          AND NOT EXISTS (SELECT FROM stage_code c JOIN stage s USING (cim_row)
                          WHERE c.code = a.code)
          AND (NOT $2 OR EXISTS (SELECT FROM stage_code c
                                 WHERE c.code = a.code AND c.state = 'kept'))
        ORDER BY n.cim_row
        """,
        target.source_system,
        whole,
    )
    for row in held:
        owner = {
            "owner": f"{row.code} ({row.source_id})",
            "owner_zh": f" {row.code}（{row.source_id}）",
        }
        said = broken("alias.taken", row.value, scheme=row.scheme, **owner)
        problems.add(row.cim_row, None, said)


def fit(
    connection: Connection,
    target: Target,
    own: Sequence[Column],
    held: Layer,
    problems: Problems,
) -> None:
    """Give the stage, which has the columns of the file, those of the layer.

    Values are brought to the type that the layer has for them, and one that does not fit is a
    problem. A field that the file does not have keeps what it holds; so do names.
    """
    for column in own:
        kept = held.column(column.name)
        if kept is not None and kept.type != column.type:
            _bring(connection, column, kept.type, problems)
    names = {column.name for column in own}
    missing = [column for column in held.columns if column.name not in names]
    for column in missing:
        run(connection, f"ALTER TABLE stage ADD COLUMN {quoted(column.name)} {column.type}")
    if missing:
        columns = [quoted(column.name) for column in missing]
        run(
            connection,
            f"""
            UPDATE stage s SET ({", ".join(columns)}) = ROW ({", ".join(f"l.{c}" for c in columns)})
            FROM stage_code c JOIN layer.{quoted(target.layer)} l USING (code)
            WHERE c.cim_row = s.cim_row AND c.state = 'active'
            """,
        )


def keep_names(connection: Connection) -> None:
    """Leave the names of staged features as they are, where the file has no field of names."""
    run(
        connection,
        """
        UPDATE stage s SET cim_name = n.name FROM stage_code c JOIN cim.name n USING (code)
        WHERE c.cim_row = s.cim_row AND c.state = 'active'
        """,
    )


_WHOLE = "{0} = trunc({0}) AND abs({0}) <= {1}"
_INTEGER, _BIGINT, _EXACT = "2147483647", "9007199254740992", "9007199254740992"

# Which values of one type another type holds without loss; of any other pair, none.
_FITS = {
    ("integer", "bigint"): "true",
    ("integer", "double precision"): "true",
    ("bigint", "integer"): "{0} BETWEEN -2147483648 AND 2147483647",
    ("bigint", "double precision"): f"{{0}} BETWEEN -{_EXACT} AND {_EXACT}",
    ("double precision", "integer"): _WHOLE.format("{0}", _INTEGER),
    ("double precision", "bigint"): _WHOLE.format("{0}", _BIGINT),
    ("integer", "numeric"): "true",
    ("bigint", "numeric"): "true",
    ("double precision", "numeric"): "{0}::numeric::float8 = {0}",
    ("numeric", "integer"): _WHOLE.format("{0}", _INTEGER),
    ("numeric", "bigint"): _WHOLE.format("{0}", "9223372036854775807"),
    ("numeric", "double precision"): "{0}::float8::numeric = {0}",
    ("numeric", "text"): "true",
    ("integer", "text"): "true",
    ("bigint", "text"): "true",
    ("double precision", "text"): "true",
    ("boolean", "text"): "true",
    ("date", "text"): "true",
    ("timestamp", "text"): "true",
    ("timestamptz", "text"): "true",
    ("date", "timestamp"): "true",
}


def _bring(connection: Connection, column: Column, kind: str, problems: Problems) -> None:
    """Make a staged column one of another type; note values that do not fit, and drop them."""
    name = quoted(column.name)
    fits = _FITS.get((column.type, kind))
    test = fits.format(name) if fits else "false"
    unfit = f"""
        SELECT cim_row, {name}::text AS value FROM stage
        WHERE {name} IS NOT NULL AND NOT ({test}) ORDER BY cim_row
    """
    for row in stream(connection, unfit):
        problems.add(row.cim_row, column.name, broken("value.unfit", row.value, kind=kind))
    value = f"CASE WHEN {test} THEN {name}::{kind} END" if fits else "NULL"
    run(connection, f"ALTER TABLE stage ALTER COLUMN {name} TYPE {kind} USING {value}")
