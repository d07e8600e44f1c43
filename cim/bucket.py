"""A bucket of an S3-compatible store (对象存储桶), as a place of rasters.

>>> named("s3://city/rasters", Path("/tmp"), {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
Bucket(name='city', prefix='rasters', drafts=PosixPath('/tmp'), endpoint='http://127.0.0.1:9000', \
region='us-east-1')
>>> named("s3:///rasters", Path("/tmp"), {})
Traceback (most recent call last):
cim.errors.SettingInvalid: CIM_RASTER_STORE must be a folder or s3://bucket/prefix, not 's3:///rasters'
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cim.errors import SettingInvalid

SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Objects of `name` below `prefix`; files are made in the folder `drafts` first.

    Without keys, those of the machine (instance profile, shared credentials) are looked for.
    """

    name: str
    prefix: str
    drafts: Path
    endpoint: str | None
    region: str
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{SCHEME}{self.name}/{self.prefix}".rstrip("/")


Place = Path | Bucket
"""Where rasters are kept."""


def named(text: str, drafts: Path, given: Mapping[str, str]) -> Place:
    """The folder, or the bucket with what the usual AWS_* variables say; SettingInvalid."""
    if not text.startswith(SCHEME):
        return Path(text).expanduser().absolute()
    name, _, prefix = text.removeprefix(SCHEME).partition("/")
    endpoint = given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL") or None
    if not name or "?" in text:
        raise SettingInvalid("CIM_RASTER_STORE", text, "a folder or s3://bucket/prefix")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise SettingInvalid("AWS_ENDPOINT_URL", endpoint, "an http:// or https:// address")
    return Bucket(
        name=name,
        prefix=prefix.strip("/"),
        drafts=drafts,
        endpoint=endpoint.rstrip("/") if endpoint else None,
        region=given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or "us-east-1",
        key=given.get("AWS_ACCESS_KEY_ID") or None,
        secret=given.get("AWS_SECRET_ACCESS_KEY") or None,
        token=given.get("AWS_SESSION_TOKEN") or None,
    )
