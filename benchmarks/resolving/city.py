"""A city of nothing but codes in a cluster of its own (只有编码的城市), written straight in SQL.

Four classes share the entities evenly; each entity has one alias, in the scheme of its class. One
entity in a hundred is retired and has a successor.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from stdnum.cn import uscc

from cim.database.cluster import Cluster
from cim.database.connect import connect
from cim.database.migrate import upgrade
from cim.settings import Settings

SEED = 20260101
_DIVISIONS = np.array(["420602", "420606", "420607", "420624", "420625", "420626", "420684"])
_USCC = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))

Texts = NDArray[np.str_]

_LAYERS = """
    INSERT INTO cim.layer (name, kind, title, description, class_code)
    SELECT name, 'vector', title, title, class_code
    FROM unnest($1::text[], $2::text[]) l (name, class_code),
         LATERAL (SELECT jsonb_build_object('zh', name, 'en', name) AS title) t
"""
_SUCCESSIONS = """
    INSERT INTO cim.succession (predecessor, successor, valid_at, action_id)
    SELECT p.code, (SELECT code FROM cim.entity e
                    WHERE e.code > p.code AND e.state = 'active' ORDER BY code LIMIT 1),
           now(), (SELECT min(id) FROM cim.action)
    FROM cim.entity p WHERE state = 'retired'
      AND code < (SELECT max(code) FROM cim.entity WHERE state = 'active')
"""


@dataclass(frozen=True, slots=True)
class City:
    """Where the database is, the entity codes, and the aliases of each scheme."""

    cluster: Cluster
    folder: Path
    codes: Texts
    aliases: dict[str, Texts]

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, database_url=self.cluster.url)


@contextmanager
def city(entities: int) -> Iterator[City]:
    """Make, and at the end remove, a city of so many entities."""
    folder = Path(tempfile.mkdtemp(prefix="cim-bench-"))
    folder.chmod(0o755)  # as root the cluster runs as postgres, which must come in
    cluster = Cluster(folder)
    try:
        cluster.start()
        engine = connect(Settings(home=folder, database_url=cluster.url))
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        yield City(cluster, folder, *_fill(cluster.url, entities))
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(url: str, entities: int) -> tuple[Texts, dict[str, Texts]]:
    rng = np.random.default_rng(SEED)
    count = entities // len(_KINDS)
    aliases = {scheme: make(count, rng) for scheme, (_, make) in _KINDS.items()}
    codes = {scheme: _codes(class_code, count, rng) for scheme, (class_code, _) in _KINDS.items()}
    with psycopg.connect(url, autocommit=True) as connection:
        classes = [class_code for class_code, _ in _KINDS.values()]
        psycopg.RawCursor(connection).execute(_LAYERS, (list(_KINDS), classes))
        for layer, scheme in enumerate(_KINDS, 1):
            _copy(connection, layer, scheme, codes[scheme], aliases[scheme])
        connection.execute(_SUCCESSIONS)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    return np.concatenate(list(codes.values())), aliases


def _copy(
    connection: psycopg.Connection, layer: int, scheme: str, codes: Texts, aliases: Texts
) -> None:
    with connection.cursor() as cursor:
        columns = "(code, layer_id, source_system, source_id, state)"
        with cursor.copy(f"COPY cim.entity {columns} FROM STDIN") as copy:
            for n, code in enumerate(codes.tolist()):
                copy.write_row((code, layer, scheme, n, "active" if n % 100 else "retired"))
        with cursor.copy("COPY cim.alias (scheme, value, code) FROM STDIN") as copy:
            for code, alias in zip(codes.tolist(), aliases.tolist(), strict=True):
                copy.write_row((scheme, alias, code))


def _codes(class_code: str, count: int, rng: np.random.Generator) -> Texts:
    division = rng.choice(_DIVISIONS, count)
    return np.char.add(np.char.add(division, class_code), _digits(np.arange(1, count + 1), 9))


def _digits(numbers: NDArray[np.int64], width: int) -> Texts:
    return np.char.zfill(numbers.astype(str), width)


def _parcels(count: int, _: np.random.Generator) -> Texts:
    zone, sequence = np.divmod(np.arange(count), 99_999)
    head = np.char.add("420606001", _digits(zone + 1, 3))
    return np.char.add(np.char.add(head, "GB"), _digits(sequence + 1, 5))


def _units(count: int, _: np.random.Generator) -> Texts:
    parcel, unit = np.divmod(np.arange(count), 60)
    head = np.char.add(np.char.add("420607001002GB", _digits(parcel + 1, 5)), "F0001")
    return np.char.add(head, _digits(unit + 1, 4))


def _components(count: int, rng: np.random.Generator) -> Texts:
    division = rng.choice(_DIVISIONS, count)
    return np.char.add(np.char.add(division, "0102"), _digits(np.arange(count), 6))


def _firms(count: int, rng: np.random.Generator) -> Texts:
    division = rng.choice(_DIVISIONS, count)
    organisation = np.char.add(rng.choice(_USCC, count), _digits(np.arange(count), 8))
    heads = np.char.add(np.char.add("91", division), organisation)
    return np.array([head + str(uscc.calc_check_digit(head)) for head in heads.tolist()])


_KINDS: dict[str, tuple[str, Callable[[int, np.random.Generator], Texts]]] = {
    "parcel": ("990101", _parcels),
    "real_estate_unit": ("990102", _units),
    "component": ("990702", _components),
    "uscc": ("991201", _firms),
}
