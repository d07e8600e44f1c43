"""The ``cim`` command (命令行): one file per group of commands.

``server``   up, down, status
``layer``    load, list and remove vector layers; list runs of ingest, and undo them;
             ``registered``: tables that are layers where they stand
``raster``   load, list and remove raster layers
``dataset``  load many files on several workers
``observations``  load and list observations of stations
``code``     resolve
``entity_class``  list, add, change, deprecate and remove entity classes
``entity``   assign, change, retire, void, split, merge; history
``batch``, ``succession``  commands of ``entity``
``review``   list and decide what may be a duplicate
``reservation``, ``quota``  codes kept for a project, and how many a department may have
``changes``  what happened, in order
``crs``      how a file or a CRS comes to CGCS2000
``catalog``  the data element catalog, and ``bindings`` of layers to it
``table``    load, register and list business tables
``fusion``, ``fusion_links``  tables joined to layers, and what people decide of it
``kpi``      indicators of governance, recorded day by day
``label``    QR labels of things
``grid``     encode and decode places

An error that the program knows is one line on stderr and exit status 1; a misused command is 2.
"""

from __future__ import annotations

import sys

import typer

from api.cli import (
    catalog,
    changes,
    code,
    crs,
    dataset,
    entity,
    entity_class,
    fusion,
    grid,
    kpi,
    label,
    layer,
    observations,
    quota,
    raster,
    reservation,
    review,
    server,
    table,
)
from cim.errors import CimError
from gridcode.errors import GridCodeError

__all__ = ["app", "main"]

app = typer.Typer(
    help="Keep and serve the spatial core of a city information model (CIM, 城市信息模型).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(server.up)
app.command("down")(server.down)
app.command("status")(server.status)
app.command("resolve")(code.resolve_code)
app.command("changes")(changes.tell_changes)
app.command("label")(label.label)
app.command("crs")(crs.show)
app.add_typer(layer.group, name="layer")
app.add_typer(raster.group, name="raster")
app.add_typer(dataset.group, name="dataset")
app.add_typer(observations.group, name="observations")
app.add_typer(entity_class.group, name="class")
app.add_typer(entity.group, name="entity")
app.add_typer(review.group, name="review")
app.add_typer(reservation.group, name="reservation")
app.add_typer(quota.group, name="quota")
app.add_typer(catalog.group, name="catalog")
app.add_typer(table.group, name="table")
app.add_typer(fusion.group, name="fusion")
app.add_typer(kpi.group, name="kpi")
app.add_typer(grid.group, name="grid")


def main() -> None:
    """The entry point of the ``cim`` program."""
    try:
        app(prog_name="cim")
    except (CimError, GridCodeError) as error:
        print(f"cim: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
