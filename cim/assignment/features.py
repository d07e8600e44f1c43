"""What layers and indexes say of staged entities (要素与索引): rows, cells, names, aliases, events.

`which` chooses rows of `stage_code` by their state before: NEW for codes that are new.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.database.sql import run
from cim.names import quoted

NEW = ("new",)


def add_rows(connection: Connection, target: Target, which: Sequence[str] = NEW) -> None:
    """Give the chosen their rows in the layer; a version count goes on where it ended.

    They go in the order of the file, which is that of the codes of a division: what lies together
    is read together, and to sort whole rows by their codes would take a fifth of the time.
    """
    own = "".join(f", {quoted(column.name)}" for column in target.columns)
    staged = "".join(f", s.{quoted(column.name)}" for column in target.columns)
    run(
        connection,
        f"""
        INSERT INTO layer.{quoted(target.layer)}
            (code, beidou_code, cim_version, cim_valid_from, geom{own})
        SELECT c.code, cim_beidou, CASE WHEN c.state = 'new' THEN 1 ELSE 1 + coalesce((
                   SELECT max(h.cim_version) FROM history.{quoted(target.layer)} h
                   WHERE h.code = c.code), 0) END,
               $1, cim_geom{staged}
        FROM stage s JOIN stage_code c USING (cim_row)
        WHERE c.state = ANY($2) ORDER BY s.cim_row
        """,
        target.valid_at,
        list(which),
    )


def add_cells(connection: Connection, which: Sequence[str] = NEW) -> None:
    run(
        connection,
        """
        INSERT INTO cim.cover (cell, code)
        SELECT unnest(s.cim_cells) AS cell, c.code FROM stage s JOIN stage_code c USING (cim_row)
        WHERE c.state = ANY($1) ORDER BY cell
        """,
        list(which),
    )


def set_names(connection: Connection) -> None:
    """Bring the names of all staged entities to what their rows say."""
    run(
        connection,
        """
        DELETE FROM cim.name n USING stage_code c JOIN stage s USING (cim_row)
        WHERE n.code = c.code AND s.cim_name IS NULL AND c.state <> 'new'
        """,
    )
    run(
        connection,
        """
        INSERT INTO cim.name AS n (code, name)
        SELECT c.code, s.cim_name FROM stage s JOIN stage_code c USING (cim_row)
        WHERE s.cim_name IS NOT NULL ORDER BY c.code
        ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE n.name <> excluded.name
        """,
    )


def add_aliases(connection: Connection) -> None:
    """Give staged entities the aliases that they do not have yet."""
    run(
        connection,
        """
        INSERT INTO cim.alias (scheme, value, code)
        SELECT n.scheme, n.value, c.code FROM stage_alias n JOIN stage_code c USING (cim_row)
        WHERE NOT EXISTS (SELECT FROM cim.alias a WHERE a.code = c.code
                          AND a.scheme = n.scheme AND a.value = n.value AND a.valid_to IS NULL)
        ORDER BY n.cim_row
        """,
    )


def tell(connection: Connection, target: Target, kind: str, which: Sequence[str] = NEW) -> None:
    """Tell of the chosen in the feed of changes."""
    run(
        connection,
        """
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        SELECT (SELECT cim.turn()), code, $1, $2, $3 FROM stage_code
        WHERE state = ANY($4)
        """,
        kind,
        target.valid_at,
        target.action_id,
        list(which),
    )
