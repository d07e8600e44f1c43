"""The ASGI application (服务): routes to handlers, made by a factory.

    uvicorn --factory api.app:create_app

Paths follow the OGC API standards; each module of the package serves one of their families.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from api import (
    collections,
    coverage,
    families,
    landing,
    logs,
    page,
    problems,
    raster_tiles,
    resolve,
    resolve_bulk,
    schemas,
    stac_items,
    tile_matrix_sets,
    tiles,
)
from api.catalog import bindings as catalog_bindings
from api.catalog import reading as catalog_reading
from api.catalog import versions as catalog_versions
from api.classes import changes as class_changes
from api.classes import reading as class_reading
from api.described import api_document, open_descriptions
from api.edge import Edge
from api.editing import routes as editing
from api.entities import assigning, feed, life, reservations, reviews, stock
from api.exports import routes as exports
from api.exports.running import Exporter
from api.fusion import kpis, provenance
from api.fusion import links as fusion_links
from api.fusion import reading as fusion_reading
from api.grid import bulk, cells, covers
from api.ingest import jobs, runs, upload
from api.ingest.working import open_workshop
from api.labels import routes as labels
from api.maps import routes as maps
from api.observations import routes as observations
from api.pygeoapi_bridge import Pygeoapi
from api.quick import Quick
from api.records import routes as records
from api.resolving import address, context, past
from api.service import Service, open_service
from api.stac import routes as stac
from api.styles import reading as styles
from api.styles import writing as style_writing
from cim.database.connect import database_url
from cim.settings import Settings
from tiles.maps import painting


class _Whole(IntegerConvertor):
    """A whole number that the database can hold, which is one of 8 bytes."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", _Whole())

_COLLECTION = "/collections/{collection}"
_SET = "/{matrix_set}"
_TILE = f"{_SET}/{{z:int}}/{{row:int}}/{{column:int}}"

ROUTES: list[BaseRoute] = [
    # The first that fits is taken: what is asked most stands first.
    Route(f"{_COLLECTION}/items", families.collection_items),
    Route(f"{_COLLECTION}/items/{{item}}", families.item),
    Route(f"{_COLLECTION}/items", editing.of_items, methods=editing.OTHERS),
    Route(f"{_COLLECTION}/items/{{item}}", editing.of_item, methods=editing.OTHERS),
    Route(f"{_COLLECTION}/tiles{_TILE}", tiles.collection_tile),
    Route("/resolve", resolve.resolve),
    Route("/id/{code}", address.by_id),
    Route("/id/{code}/history", past.of_id),
    Route("/context.jsonld", context.context),
    Route("/resolve", resolve_bulk.resolve_table, methods=["POST"]),
    Route("/", landing.landing),
    Route("/conformance", landing.conformance),
    Route("/api", api_document),
    Route("/healthz", landing.alive),
    Route("/readyz", landing.ready),
    Route("/grid", cells.systems),
    Route("/grid/{system}/encode", cells.encode),
    Route("/grid/{system}/encode", bulk.encode, methods=["POST"]),
    Route("/grid/{system}/cells/{code}", cells.cell),
    Route("/grid/{system}/cover", covers.cover, methods=["POST"]),
    Route("/classes", class_reading.classes),
    Route("/classes", class_changes.add, methods=["POST"]),
    Route("/classes/{code}", class_reading.one),
    Route("/classes/{code}", class_changes.change, methods=["PATCH"]),
    Route("/classes/{code}", class_changes.remove, methods=["DELETE"]),
    Route("/classes/{code}/history", class_reading.history),
    Route("/catalog", catalog_reading.catalog),
    Route("/catalog.jsonld", records.whole),
    Route("/catalog/elements/{code}", catalog_reading.element),
    Route("/catalog/fields/{code}", catalog_reading.field),
    Route("/catalog/lists/{code}", catalog_reading.code_list),
    Route("/catalog/versions", catalog_versions.listed),
    Route("/catalog/versions", catalog_versions.add, methods=["POST"]),
    Route("/catalog/versions/{reference}", catalog_versions.one),
    Route("/catalog/versions/{reference}", catalog_versions.use, methods=["PATCH"]),
    Route("/catalog/diff", catalog_versions.difference),
    Route("/entities", assigning.assign, methods=["POST"]),
    Route("/entities/merge", life.merge, methods=["POST"]),
    Route("/entities/{code}/change", life.change, methods=["POST"]),
    Route("/entities/{code}/retire", life.retire, methods=["POST"]),
    Route("/entities/{code}/void", life.void, methods=["POST"]),
    Route("/entities/{code}/split", life.split, methods=["POST"]),
    Route("/reviews", reviews.waiting),
    Route("/reviews/{id:int}", reviews.one),
    Route("/reviews/{id:int}", reviews.decide, methods=["POST"]),
    Route("/reservations", reservations.living),
    Route("/reservations", reservations.reserve, methods=["POST"]),
    Route("/reservations/{id:int}", reservations.one),
    Route("/reservations/{id:int}", reservations.release, methods=["DELETE"]),
    Route("/quotas", stock.all_quotas),
    Route("/quotas/{department}", stock.allow, methods=["PUT"]),
    Route("/leases", stock.leased),
    Route("/changes", feed.feed),
    Route("/tables", fusion_reading.tables),
    Route("/fusions", fusion_reading.fusions),
    Route("/fusions/{name}", fusion_reading.one),
    Route("/fusions/{name}/links", fusion_links.listed),
    Route("/fusions/{name}/links", fusion_links.decide, methods=["POST"]),
    Route("/fusions/{name}/unmatched", fusion_links.unmatched),
    Route("/kpis", kpis.kpis),
    Route("/layers", upload.load, methods=["POST"]),
    Route("/layers/{name}/runs", runs.of_layer),
    Route("/jobs/{id:int}", jobs.one),
    Route("/jobs/{id:int}/refused", jobs.refused),
    Route("/jobs/{id:int}/file", exports.file),
    Route("/jobs/{id:int}/file/{name}", exports.file),
    Route("/id/{code}/label", labels.one),
    Route("/labels", labels.sheets, methods=["POST"]),
    Route("/tileMatrixSets", tile_matrix_sets.listed),
    Route("/tileMatrixSets/{matrix_set}", tile_matrix_sets.one),
    Route("/tileMatrixSets/{matrix_set}", tile_matrix_sets.put, methods=["PUT"]),
    Route("/tileMatrixSets/{matrix_set}", tile_matrix_sets.remove, methods=["DELETE"]),
    Route("/tiles", tiles.dataset_tilesets),
    Route(f"/tiles{_SET}", tiles.dataset_tileset),
    Route(f"/tiles{_TILE}", tiles.dataset_tile),
    Route("/map", maps.dataset),
    Route(f"{_COLLECTION}/map", maps.collection),
    Route("/styles", styles.listed),
    Route("/styles", style_writing.add, methods=["POST"]),
    Route("/styles/{style}", styles.one),
    Route("/styles/{style}", style_writing.put, methods=["PUT"]),
    Route("/styles/{style}", style_writing.remove, methods=["DELETE"]),
    Route("/styles/{style}/metadata", styles.metadata),
    Route("/styles/{style}/metadata", style_writing.describe, methods=["PATCH"]),
    Route("/styles/{style}/legend", styles.legend),
    Route("/styles/{style}/map", maps.in_style),
    Route("/search", stac.search, methods=["GET", "POST"]),
    Route("/queryables", stac.queryables),
    Route("/collections", collections.collections),
    Route("/collections/catalog", records.collection),
    Route("/collections/catalog/sortables", records.sortables),
    Route(_COLLECTION, collections.collection),
    Route(f"{_COLLECTION}/export", exports.stream),
    Route(f"{_COLLECTION}/exports", exports.formats),
    Route(f"{_COLLECTION}/exports", exports.make, methods=["POST"]),
    Route(f"{_COLLECTION}/schema", schemas.schema),
    Route(f"{_COLLECTION}/queryables", families.queryables),
    Route(f"{_COLLECTION}/sortables", schemas.of_orders),
    Route("/functions", schemas.functions),
    Route(f"{_COLLECTION}/binding", catalog_bindings.one),
    Route(f"{_COLLECTION}/binding", catalog_bindings.put, methods=["PUT"]),
    Route(f"{_COLLECTION}/binding", catalog_bindings.remove, methods=["DELETE"]),
    Route(f"{_COLLECTION}/binding/suggestions", catalog_bindings.suggestions),
    Route(f"{_COLLECTION}/binding/history", catalog_bindings.past),
    Route(f"{_COLLECTION}/provenance", provenance.of_collection),
    Route(f"{_COLLECTION}/tiles", tiles.collection_tilesets),
    Route(f"{_COLLECTION}/tiles{_SET}", tiles.collection_tileset),
    Route(f"{_COLLECTION}/map/tiles", raster_tiles.tilesets),
    Route(f"{_COLLECTION}/map/tiles{_SET}", raster_tiles.tileset),
    Route(f"{_COLLECTION}/map/tiles{_TILE}", raster_tiles.tile),
    Route(f"{_COLLECTION}/styles", styles.of_collection),
    Route(f"{_COLLECTION}/styles/{{style}}", styles.one),
    Route(f"{_COLLECTION}/styles/{{style}}/legend", styles.legend),
    Route(f"{_COLLECTION}/styles/{{style}}/map", maps.collection),
    Route(f"{_COLLECTION}/legend", styles.legend),
    Route(f"{_COLLECTION}/coverage", coverage.coverage),
    Route(f"{_COLLECTION}/scenes", stac_items.listed),
    Route(f"{_COLLECTION}/scenes/{{scene}}", stac_items.item),
    Route(f"{_COLLECTION}/scenes/{{scene}}/cog", stac_items.cog),
    Route(f"{_COLLECTION}/locations", observations.locations),
    Route(f"{_COLLECTION}/locations/{{location}}", observations.location),
    Route(f"{_COLLECTION}/position", observations.position),
    Mount("/static", page.static_files()),
]


@contextlib.asynccontextmanager
async def _settled(service: Service) -> AsyncIterator[None]:
    """A worker that has started: it learns what many will ask, and looks for garbage among what
    it makes from now on alone, since all of it takes a tenth of a second."""
    learning = asyncio.create_task(collections.learn_beginnings(service))
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        learning.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await learning


def create_app(settings: Settings | None = None) -> Starlette:
    """The application for these settings, or for those of the environment."""
    made = settings or Settings.from_environment()
    logs.configure()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        painting.load()  # while nobody asks for anything: it changes the environment of all threads
        async with open_service(made, database_url(made, start=False)) as service:
            app.state.service = service
            app.state.pygeoapi = Pygeoapi()
            app.state.exporter = Exporter(service.engine)
            async with (
                open_descriptions(service) as app.state.descriptions,
                open_workshop(made, service.engine) as app.state.workshop,
                _settled(service),
            ):
                yield
            app.state.exporter.close()

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers=problems.HANDLERS,
        middleware=[Middleware(Edge), Middleware(Quick)],
    )
