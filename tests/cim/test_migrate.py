"""A database of an earlier version keeps what is in it; a restored one keeps its order."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from cim import registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment import targets
from cim.database import migrate
from cim.database.connect import check, engine_of
from cim.database.sql import run
from cim.lifecycle import changes
from cim.lifecycle.end import end

CODES = ("420606990101000000001", "420606990101000000002")

# A layer with one parcel on it and one retired, as version 0004 kept them.
BEFORE = """
    INSERT INTO cim.layer (name, kind, title, description, class_code, key_field, columns,
                           feature_count)
    VALUES ('old', 'vector', '{"zh": "旧", "en": "old"}', '{"zh": "", "en": ""}', '990101', 'id',
            '[{"name": "id", "type": "text"}]', 1);
    CREATE TABLE layer.old (
        code text COLLATE "C" PRIMARY KEY,
        beidou_code text COLLATE "C" NOT NULL,
        cim_version bigint NOT NULL DEFAULT 1,
        cim_recorded_at timestamptz NOT NULL DEFAULT now(),
        geom geometry NOT NULL CHECK (ST_SRID(geom) = 4490),
        id text);
    CREATE VIEW item.old AS SELECT code, substr(code, 1, 6) AS region_code,
        substr(code, 7, 6) AS type_code, beidou_code, cim_version, cim_recorded_at, geom, id
        FROM layer.old;
    INSERT INTO cim.entity (code, layer_id, source_system, source_id, state, created_at)
    VALUES ('420606990101000000001', 1, 'old', 'a', 'active', '2025-06-15'),
           ('420606990101000000002', 1, 'old', 'b', 'retired', '2025-06-15');
    INSERT INTO layer.old (code, beidou_code, cim_recorded_at, geom, id)
    VALUES ('420606990101000000001', 'N49I8008163', '2025-06-15',
            ST_SetSRID(ST_MakePoint(112.14, 32.02), 4490), 'a');
"""


@pytest.fixture
def bare_engine(server: str) -> Iterator[Engine]:
    """An engine on a database without our tables."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE cim_bare")
    engine = engine_of(make_url(server).set(database="cim_bare").render_as_string(False))
    check(engine)
    yield engine
    engine.dispose()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE cim_bare WITH (FORCE)")


def _upgrade_to(connection: Connection, version: str) -> None:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS cim"))
    config = migrate.configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def test_layers_of_an_earlier_version_live_on(bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        _upgrade_to(connection, "0004")
        connection.exec_driver_sql(BEFORE.replace("%", "%%"))
    with bare_engine.begin() as connection:
        migrate.upgrade(connection)
    with bare_engine.begin() as connection:
        assert _heard(connection) == [
            (CODES[0], "assigned"),
            (CODES[1], "assigned"),
            (CODES[1], "retired"),
        ]
        layer = registry.read(connection).layer("old", ANONYMOUS)
        assert targets.of_layer(connection, layer, Action("me")).columns == layer.columns
    with bare_engine.begin() as connection:
        assert end(connection, [CODES[0]], "retired", Action("me")) == 1
        (kept,) = run(connection, "SELECT id, cim_valid_from, cim_valid_to FROM version.old")
        assert run(connection, "SELECT cim_latest FROM item.old") == []
    assert kept.id == "a"
    assert kept.cim_valid_from.year == 2025
    assert kept.cim_valid_from < kept.cim_valid_to


def test_a_restored_database_keeps_the_order_of_its_feed(engine: Engine) -> None:
    """Turns of the server that the dump came from were far ahead of this one's."""
    event = """
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        VALUES ({turn}, '{code}', 'assigned', now(), 1)
    """
    with engine.begin() as connection:
        run(connection, "INSERT INTO cim.action (who) VALUES ('before')")
        run(
            connection,
            "INSERT INTO cim.entity (code, source_system, source_id)"
            " SELECT c, 's', c FROM unnest($1::text[]) c",
            list(CODES),
        )
        run(connection, event.format(turn="cim.turn() + 1000000", code=CODES[0]))
    with engine.begin() as connection:
        assert _heard(connection) == [], "it would come after what is told now"
        migrate.upgrade(connection)
    with engine.begin() as connection:
        run(connection, event.format(turn="cim.turn()", code=CODES[1]))
    with engine.begin() as connection:
        assert [code for code, _ in _heard(connection)] == list(CODES)
        before = run(connection, "SELECT value FROM cim.turn_offset")
        migrate.upgrade(connection)
        assert run(connection, "SELECT value FROM cim.turn_offset") == before


def _heard(connection: Connection) -> list[tuple[str, str]]:
    statement = changes.page(changes.BEGINNING, 100, ANONYMOUS)
    return [(row.code, row.kind) for row in run(connection, statement.sql, *statement.values)]


def test_scenes_of_an_earlier_version_get_a_name(bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        _upgrade_to(connection, "0007")
        connection.exec_driver_sql(
            """
            INSERT INTO cim.layer (name, kind, title, description)
            VALUES ('sky', 'raster', '{"zh": "", "en": ""}', '{"zh": "", "en": ""}');
            INSERT INTO cim.raster_scene (layer_id, acquired_at, sha256, path, crs, width, height,
                                          resolution, bands, footprint)
            VALUES (1, '2024-05-01 11:05:00+08', 'ab', 'ab/ab.tif', 'EPSG:4546', 1, 1, 10,
                    '[{"name": "red", "dtype": "uint8", "low": 0, "high": 9}]',
                    ST_MakeEnvelope(112, 32, 113, 33, 4490));
            """
        )
    with bare_engine.begin() as connection:
        migrate.upgrade(connection)
    with bare_engine.begin() as connection:
        [scene] = registry.read(connection).layer("sky", ANONYMOUS).seen()
    assert (scene.name, scene.transform, scene.whole) == ("20240501T030500000Z", None, False)
    assert scene.bands[0].scale == 1
