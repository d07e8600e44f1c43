"""``cim resolve``: from any code of a thing to the thing (编码解析)."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api.cli import code_file
from api.cli.database import reading
from api.cli.terminal import Json, answer, print_json
from api.errors import CodeNotFound, NotACode
from api.resolve_bulk.columns import Names
from cim import items, registry, resolve, schemes
from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.life import Life, lives
from cim.registry import Registry

__all__ = ["resolve_code"]


def resolve_code(
    value: Annotated[
        str | None, typer.Argument(help="An entity code, or a code of any other scheme.")
    ] = None,
    file: code_file.File = None,
    output: code_file.Output = None,
    column: code_file.Column = "code",
    scheme: code_file.Scheme = None,
    prefix: code_file.Prefix = "",
    as_json: Json = False,
) -> None:
    """Find the entity that a code names: its codes, its state, and what its layer says of it.

    With --file and --output all codes of a file: it is written again with what each names, row
    by row; a code that nothing has is a row that says so.
    """
    if (value is None) == (file is None):
        raise typer.BadParameter("give a code, or --file and --output")
    if file is not None:
        names = Names(column, prefix)
        code_file.resolve_codes(file, output, names, scheme, as_json=as_json)
        return
    assert value is not None
    matches = schemes.identify(value, scheme)
    if not matches:
        raise NotACode(value, scheme)
    with reading() as connection:
        held = registry.read(connection)
        statement = resolve.find(matches, held, ANONYMOUS)
        rows = run(connection, statement.sql, *statement.values)
        if not rows:
            raise CodeNotFound(value)
        documents = [_document(connection, held, resolve.Resolved.read(row)) for row in rows]
    if as_json:
        print_json({"matches": documents})
        return
    for document in documents:
        for name, shown in _flat(document).items():
            answer.print(f"{name:<18} {shown}", soft_wrap=True, markup=False, highlight=False)


def _document(connection: Connection, held: Registry, entity: resolve.Resolved) -> dict[str, Any]:
    document, feature = entity.document(held, json.loads), entity.feature
    if entity.state != "active":
        statement = lives([entity.code])
        (row,) = run(connection, statement.sql, *statement.values)
        life = Life.read(row)
        document |= {"state": life.state, "since": life.since, "document": life.document}
        document["successors"] = [dict(other) for other in life.successors]
    elif feature is None and entity.layer is not None:
        statement = items.one(held.layer(entity.layer, ANONYMOUS), entity.code, ANONYMOUS)
        feature = bytes(run(connection, statement.sql, *statement.values)[0].feature)
    if feature is not None:
        document["feature"] = json.loads(feature + b"}")
    return document


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    feature = document.pop("feature", None)
    name = document.pop("type_name")
    matched = document.pop("matched")
    document["type_name"] = f"{name['zh']} {name['en']}" if name else "—"
    document["matched"] = f"{matched['scheme']} {matched['value']}"
    document["aliases"] = ", ".join(f"{a['scheme']} {a['value']}" for a in document["aliases"])
    if "successors" in document:
        document["successors"] = ", ".join(
            f"{other['code']} ({other['state']})" for other in document["successors"]
        )
    return document | (feature["properties"] if feature else {})
