"""A map that is drawn (绘制地图): one layer after the other, so that only one is held at a time.

The database is asked for the state of the layers first, which touches no geometry: a map that the
client has is told to be the same (304), and a pyramid that is behind the writes is brought up to
date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api import asking, fresh_tiles
from api.errors import InvalidParameter, TooManyMaps
from api.maps.asked import Asked
from api.maps.placed import corners, framed
from api.tiles import MOST_LAYERS, reaches
from api.tilesets import extent_of
from cim.access import Caller
from cim.cql2 import Clause
from cim.crs import Crs
from cim.errors import LayerUnreadable, SceneNotFound, SceneUnreadable
from cim.layer import Layer
from cim.moments import EVER
from cim.queryables import clause, clauses
from cim.registry import Registry
from cim.statement import Statement
from cim.styles.colours import Colour
from tiles import drawing as look_of
from tiles import raster, selection
from tiles.drawing import Drawing
from tiles.errors import MapTooLarge
from tiles.maps import features, imagery, painting, symbols
from tiles.maps.features import Place
from tiles.maps.frame import Ground
from tiles.maps.painting import Canvas, Things
from tiles.maps.styles import Drawn, StyleLayer
from tiles.maps.symbols import Symbol
from tiles.vector import is_stateless

SECONDS = 60.0  # of a map, and of the wait for its turn; each statement has fewer (`api.service`)
_WHITE = Colour(255, 255, 255)
_drawn: set[asyncio.Task[bytes | None]] = set()  # which asyncio itself does not hold


class Subject(NamedTuple):
    """What a map is of: its layers, the lowest first, as a registry has them; the CRS that it is
    drawn in where none is asked for; how scenes are drawn; the background of its style.
    """

    layers: Callable[[Registry], list[Drawn]]
    stored: Crs
    scenes: Drawing = Drawing()
    ground: Sequence[StyleLayer] = ()


class Plan(NamedTuple):
    """A map that is about to be drawn."""

    asked: Asked
    subject: Subject
    place: Place
    zoom: float
    form: str
    alone: bool


async def answer(request: Request, asked: Asked, subject: Subject, form: str) -> Response:
    """200 with the picture, 304 where the client has it, 204 where there is no place to show."""
    try:
        return await _answer(request, asked, subject, form)
    except LayerUnreadable:  # known from now on: a picture of everything is drawn without it
        return await _answer(request, asked, subject, form)


def _registry(request: Request) -> Registry:
    """The registry without layers that cannot be read."""
    service = asking.service(request)
    return service.sources.readable(service.registry)


async def _answer(request: Request, asked: Asked, subject: Subject, form: str) -> Response:
    await asking.service(request).newest()
    registry = _registry(request)
    layers = subject.layers(registry)
    framing = framed(asked, subject.stored, extent_of([each.layer for each in layers]))
    place = features.place(framing[0]) if framing else None
    if framing is None or place is None:
        return Response(status_code=204)
    frame, crs = framing
    zoom = frame.zoom(Ground(crs.srid, crs.digits == 8))
    plan = Plan(asked, subject, place, zoom, form, len({each.layer.id for each in layers}) == 1)
    _check_count(_wanted(plan, registry))
    headers = {
        "Content-Bbox": corners(frame, crs),
        "Content-Crs": f"<{crs.uri}>",
        "Content-Datetime": _time(asked, layers),
    }
    tag = await _tag(request, plan)
    if tag is not None:
        headers |= {"ETag": tag, "Cache-Control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    body = await _within_time(request, plan)
    return Response(body, headers=headers, media_type=f"image/{form.lower()}")


def _check_count(drawn: Sequence[Drawn]) -> None:
    count = len({each.layer.id for each in drawn})
    if count > MOST_LAYERS:
        raise InvalidParameter("collections", f"name at most {MOST_LAYERS}: {count} are here")


async def _within_time(request: Request, plan: Plan) -> bytes:
    """The picture, once it is its turn; TooManyMaps, MapTooLarge.

    Nothing stops Mapnik. A map that takes too long is refused in time, but keeps its turn until
    what is being drawn of it is, so that no more are drawn at once than may be.
    """
    turns, mine = asking.service(request).maps, object()
    try:
        with anyio.fail_after(SECONDS):
            await turns.acquire_on_behalf_of(mine)
    except TimeoutError:
        raise TooManyMaps(int(turns.total_tokens)) from None
    scope = anyio.CancelScope()
    drawing = asyncio.create_task(_in_turn(request, plan, mine, scope))
    _drawn.add(drawing)
    drawing.add_done_callback(_forget)
    try:
        await asyncio.wait({drawing}, timeout=SECONDS)
        picture = drawing.result() if drawing.done() else None
    finally:
        scope.cancel()
    if picture is None:
        reason = f"it is not drawn within {SECONDS:g} seconds; ask for fewer pixels or collections"
        raise MapTooLarge("width", reason)
    return picture


async def _in_turn(
    request: Request, plan: Plan, mine: object, scope: anyio.CancelScope
) -> bytes | None:
    """The picture, None where nobody waits for it any more."""
    try:
        with scope:
            return await _draw(request, plan)
    finally:
        asking.service(request).maps.release_on_behalf_of(mine)
    return None


def _forget(drawing: asyncio.Task[bytes | None]) -> None:
    _drawn.discard(drawing)
    if not drawing.cancelled():
        drawing.exception()  # looked at, so that nobody is told of it


async def _draw(request: Request, plan: Plan) -> bytes:
    canvas = await to_thread.run_sync(Canvas, plan.place.frame, plan.zoom)
    for drawn in _wanted(plan, _registry(request)):
        made = symbols.symbols(drawn.style, plan.zoom)
        if drawn.layer.kind == "raster":
            await _imagery(request, plan, drawn.layer.name, made, canvas)
        elif made:
            await _things(request, plan, drawn.layer.name, made, canvas)
    ground = _ground(plan)
    return await to_thread.run_sync(_finished, canvas, ground, plan)


def _finished(canvas: Canvas, ground: painting.Ground, plan: Plan) -> bytes:
    made = painting.on_ground(canvas.picture, ground, plan.place.frame.inside)
    return painting.encoded(made, plan.form)


def _wanted(plan: Plan, registry: Registry) -> list[Drawn]:
    """The layers that may have something in the place, and the properties that a filter names."""
    layers = [each for each in plan.subject.layers(registry) if reaches(each.layer, plan.place.box)]
    if plan.asked.filter is None:
        return layers
    vectors = [each.layer for each in layers if each.layer.kind == "vector"]
    then = plan.asked.when is not None
    found = clauses(plan.asked.filter, vectors, features.FIRST_OF_CLAUSE, then)
    return [each for each in layers if each.layer in found]


async def _things(
    request: Request, plan: Plan, name: str, made: Sequence[Symbol], canvas: Canvas
) -> None:
    reads = tuple(sorted(frozenset[str]().union(*(symbol.reads for symbol in made))))
    caller = asking.caller(request)
    rows = await asking.service(request).rows(
        lambda registry: features.seen(
            _asked(plan, registry.layer(name, caller, "vector"), reads), caller
        )
    )
    most, heaviest = features.MOST_FEATURES, features.MOST_BYTES
    if len(rows) > most or sum(len(row[0]) for row in rows) > heaviest:
        raise MapTooLarge(
            "bbox",
            f"more than {most:,} things of {name!r} would be drawn, or {heaviest:,} bytes of them; "
            "ask for a smaller box, or without datetime and filter",
        )
    await to_thread.run_sync(canvas.draw, Things(made, reads, rows))


def _asked(plan: Plan, layer: Layer, reads: tuple[str, ...] = ()) -> features.Asked:
    when, some = plan.asked.when, plan.asked.filter
    found = Clause("", ())
    if some is not None:
        found = clause(some, layer, features.FIRST_OF_CLAUSE, when is not None)
    return features.Asked(layer, plan.place, reads, when, found, some is not None)


async def _imagery(
    request: Request, plan: Plan, name: str, made: Sequence[Symbol], canvas: Canvas
) -> None:
    """A file that is gone was replaced meanwhile, and then the registry names another."""
    service, caller = asking.service(request), asking.caller(request)
    opacities = [symbol.opacity for symbol in made if symbol.kind == "raster"]
    layer = service.registry.layer(name, caller, "raster")
    for opacity in opacities:
        try:
            await to_thread.run_sync(_lay, plan, layer, opacity, canvas, service.settings.rasters)
        except SceneUnreadable:
            newest = (await service.newest()).layer(name, caller, "raster")
            if newest is layer:
                raise
            await to_thread.run_sync(_lay, plan, newest, opacity, canvas, service.settings.rasters)


def _lay(plan: Plan, layer: Layer, opacity: float, canvas: Canvas, store: Any) -> None:
    when, how = plan.asked.when or EVER, plan.subject.scenes
    asked = selection.Asked(when, plan.place.box, how.needs, raster.MOST_SCENES)
    try:
        scenes = selection.alike(layer, asked)
    except SceneNotFound:
        if plan.alone:
            raise
        return
    look = raster.Look(how, look_of.levels(layer, when))
    for part in imagery.seen(scenes, plan.place, look, store, opacity):
        canvas.lay(part)


def _ground(plan: Plan) -> painting.Ground:
    """The background: as asked for, else that of the style, else white."""
    look, opaque = plan.asked.look, plan.form == painting.JPEG
    of_style = symbols.background(plan.subject.ground, plan.zoom)
    plain = look.colour or (of_style or _WHITE)._replace(opacity=1.0)
    clear = look.transparent and not opaque
    void_clear = look.transparent if look.void_transparent is None else look.void_transparent
    return painting.Ground(
        plain._replace(opacity=0.0 if clear else 1.0),
        (look.void_colour or plain)._replace(opacity=0.0 if void_clear and not opaque else 1.0),
    )


def _time(asked: Asked, layers: Sequence[Drawn]) -> str:
    """The time that a map is of: what is asked for, else now; imagery alone has its own."""
    if asked.when is not None:
        return str(asked.when)
    moments = [scene.acquired_at for each in layers for scene in each.layer.scenes]
    if moments and all(each.layer.kind == "raster" for each in layers):
        return "/".join(_utc(end) for end in (min(moments), max(moments)))
    return _utc(datetime.now(UTC))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _tag(request: Request, plan: Plan) -> str | None:
    """What moves with everything that is seen; None where others write what is drawn.

    A pyramid that is drawn is brought up to the writes.
    """
    drawn = _wanted(plan, _registry(request))
    vectors = [each.layer for each in drawn if each.layer.kind == "vector"]
    state = await _state(request, plan, [layer for layer in vectors if not layer.source])
    readings = plan.asked.filter is not None or _reads_readings(drawn)
    if is_stateless(vectors, readings=readings):
        return None
    caller = asking.caller(request).name
    said = repr((request.url.path, sorted(asking.parameters(request)), plan.form, caller))
    seen = repr([(e.layer.id, e.layer.columns, e.layer.scenes, e.style) for e in drawn])
    return f'W/"{blake2b(said.encode() + seen.encode(), digest_size=8).hexdigest()}.{state}"'


def _reads_readings(drawn: Sequence[Drawn]) -> bool:
    """Whether a style may look at the latest readings of stations."""
    return any("latest_" in repr(each.style) for each in drawn if each.layer.observed)


async def _state(request: Request, plan: Plan, layers: Sequence[Layer]) -> str:
    """The state of layers of ours, whose pyramids are up to date."""
    service, caller = asking.service(request), asking.caller(request)
    if not layers:
        return "0"
    names = [layer.name for layer in layers]
    while True:
        row = await service.row(lambda registry: _states(plan, registry, names, caller))
        assert row is not None
        if not row["behind"]:
            return str(row["state"])
        for layer in layers:
            if _asked(plan, layer).level is not None:
                await fresh_tiles.refresh(request, layer.stored)


def _states(plan: Plan, registry: Registry, names: Sequence[str], caller: Caller) -> Statement:
    layers = (registry.layer(name, caller, "vector") for name in names)
    return features.states([_asked(plan, layer) for layer in layers])
