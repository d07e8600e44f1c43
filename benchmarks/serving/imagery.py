"""titiler over one COG (影像瓦片的对照), as its documentation builds an application of its own.

Its factory with its defaults, opened once a request. `ENVIRONMENT` is what titiler's own
docker-compose.yml sets of GDAL, without what is of HTTP: the file is on this machine.

    uvicorn --app-dir benchmarks --factory serving.imagery:create_app
"""

from __future__ import annotations

from fastapi import FastAPI
from titiler.core.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from titiler.core.factory import TilerFactory

ENVIRONMENT = {
    "GDAL_CACHEMAX": "75%",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "VSI_CACHE": "TRUE",
    "VSI_CACHE_SIZE": "536870912",
    "PYTHONWARNINGS": "ignore",
}


def create_app() -> FastAPI:
    application = FastAPI()
    application.include_router(TilerFactory().router)
    add_exception_handlers(application, DEFAULT_STATUS_CODES)
    return application
