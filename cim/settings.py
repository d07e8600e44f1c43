"""What the environment may say to the program (运行设置), read once and passed on as a value.

``Settings.from_environment()`` is called in ``main`` and in ``create_app`` and nowhere else;
everything below them gets the value. Nothing reads the environment at import.

==================  =================  ===========================================================
variable            default            meaning
==================  =================  ===========================================================
CIM_DATABASE_URL    (none)             PostgreSQL 15+ with PostGIS 3.3+, as
                                       ``postgresql://user:password@host:port/database``; without it
                                       the program keeps a cluster of its own under ``CIM_HOME``
CIM_HOME            ``.cim``           folder of the embedded cluster, rasters and caches; a
                                       relative path counts from the current folder
CIM_CITY            420600             division code of the city (GB/T 2260), here 襄阳市
CIM_HOST            127.0.0.1          address the service listens on
CIM_PORT            8000               port the service listens on, 1 to 65535
CIM_WORKERS         number of cores    processes that serve, 1 to 256; without it at most 4
CIM_TOKENS          (none)             who may write over HTTP: ``name:token,name:token``, tokens of
                                       16 characters or more; without it, who asks from this machine
CIM_RASTER_STORE    (none)             where rasters are kept: a folder, or ``s3://bucket/prefix``
                                       with the usual AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                                       AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL; without
                                       it, ``rasters`` under ``CIM_HOME``
CIM_PUBLIC_URL      (none)             address under which people reach the service, for QR labels
                                       and links; without it, the one that a request came to
CIM_UPLOAD_BYTES    2147483648         how large a file may be that is sent over HTTP; four times
                                       as much may come out of an archive
CIM_SCHEDULER       (none)             address of a dask scheduler, such as ``tls://host:8786``,
                                       whose workers load data sets of many files; without it,
                                       processes of this machine
CIM_TILE_BYTES      67108864           how many bytes of vector tiles a serving process keeps
CIM_EXPORT_BYTES    21474836480        how many bytes of files made by exports are kept; when there
                                       are more, the oldest go before their day is over
==================  =================  ===========================================================

>>> given = Settings.from_environment({"CIM_HOME": "/srv/cim", "CIM_PORT": "8080"})
>>> given.home, given.port, given.city
(PosixPath('/srv/cim'), 8080, '420600')
>>> given.embedded
True
>>> Settings.from_environment({"CIM_DATABASE_URL": "postgresql://gis@db/cim"}).embedded
False
>>> Settings.from_environment({"CIM_PORT": "http"})
Traceback (most recent call last):
cim.errors.SettingInvalid: CIM_PORT must be a whole number from 1 to 65535, not 'http'
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cim.bucket import Place, named
from cim.errors import SettingInvalid

__all__ = ["Settings"]

UPLOAD_BYTES = 2 << 30
TILE_BYTES = 64 << 20
EXPORT_BYTES = 20 << 30


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process; the module's page describes each."""

    home: Path
    database_url: str | None = None
    city: str = "420600"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    public_url: str | None = None
    raster_store: Place | None = None
    upload_bytes: int = UPLOAD_BYTES
    tile_bytes: int = TILE_BYTES
    scheduler: str | None = None
    export_bytes: int = EXPORT_BYTES

    @property
    def embedded(self) -> bool:
        """Whether the program keeps its own database cluster."""
        return self.database_url is None

    @property
    def rasters(self) -> Place:
        """Where rasters are kept: a folder or a bucket."""
        return self.raster_store or self.home / "rasters"

    @property
    def uploads(self) -> Path:
        """The folder of files that were sent and are worked on."""
        return self.home / "uploads"

    @property
    def reports(self) -> Path:
        """The folder of rows that were refused, for who sent them."""
        return self.home / "reports"

    @property
    def exports(self) -> Path:
        """The folder of files that were made to be taken away."""
        return self.home / "exports"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of ``environment`` (the process's own by default); SettingInvalid."""
        given = os.environ if environment is None else environment
        home = Path(given.get("CIM_HOME") or ".cim").expanduser().absolute()
        store = given.get("CIM_RASTER_STORE")
        return cls(
            home=home,
            database_url=given.get("CIM_DATABASE_URL") or None,
            city=_city(given.get("CIM_CITY") or "420600"),
            host=given.get("CIM_HOST") or "127.0.0.1",
            port=_whole(given, "CIM_PORT", 8000, 65535),
            workers=_whole(given, "CIM_WORKERS", min(os.cpu_count() or 1, 4), 256),
            tokens=_tokens(given.get("CIM_TOKENS") or ""),
            public_url=_address(given.get("CIM_PUBLIC_URL") or ""),
            raster_store=named(store, home / "drafts", given) if store else None,
            upload_bytes=_whole(given, "CIM_UPLOAD_BYTES", UPLOAD_BYTES, 1 << 50),
            scheduler=given.get("CIM_SCHEDULER") or None,
            tile_bytes=_whole(given, "CIM_TILE_BYTES", TILE_BYTES, 1 << 50),
            export_bytes=_whole(given, "CIM_EXPORT_BYTES", EXPORT_BYTES, 1 << 50),
        )


def _city(text: str) -> str:
    if len(text) == 6 and text.isascii() and text.isdigit():
        return text
    raise SettingInvalid("CIM_CITY", text, "a division code of 6 digits (GB/T 2260)")


def _whole(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name) or str(default)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= most:
        return int(text)
    raise SettingInvalid(name, text, f"a whole number from 1 to {most}")


def _tokens(text: str) -> dict[str, str]:
    """Names by token. A refusal does not repeat the token."""
    pairs = [pair.strip().partition(":") for pair in text.split(",") if pair.strip()]
    for name, _, token in pairs:
        if not name or len(token) < 16:
            wanted = "name:token pairs between commas, each token of 16 characters or more"
            raise SettingInvalid("CIM_TOKENS", f"{name}:…", wanted)
    return {token: name for name, _, token in pairs}


def _address(text: str) -> str | None:
    if not text:
        return None
    if not text.startswith(("http://", "https://")) or len(text.split("/")) < 3:
        raise SettingInvalid("CIM_PUBLIC_URL", text, "an http:// or https:// address")
    return text.rstrip("/")
