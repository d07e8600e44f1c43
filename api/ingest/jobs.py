"""`GET /jobs/{id}` (任务状态): how far a job is and what came of it, and the rows that it refused.

The members of a job are those of statusInfo in OGC API - Processes (OGC 18-062r2, 7.10), and ours:
`step`, `rows`, `total`, `report`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api import asking, pages, ranges
from api.errors import ReportGone
from api.exports import kept
from api.ingest.doing import refused_path
from api.ingest.runs import utc
from api.ingest.working import Workshop
from api.links import link, url
from cim import jobs
from cim.errors import JobUnknown
from cim.jobs import Job

GEOPACKAGE = "application/geopackage+sqlite3"
_SHOWN = 50  # findings on a page


def workshop(request: Request) -> Workshop:
    found: Workshop = request.app.state.workshop
    return found


async def find(request: Request, job_id: int) -> Job:
    """The job as it is now; JobUnknown. What one that has ended brought is known here by then."""
    service = asking.service(request)
    row = await service.row(lambda _: jobs.one(job_id))
    if row is None:
        raise JobUnknown(str(job_id))
    job = Job.of(row)
    if job.ended:
        await service.catch_up()
    return job


async def one(request: Request) -> Response:
    asking.only(request, ())
    job = await find(request, request.path_params["id"])
    body = describe(job, asking.base_url(request))
    return pages.document(request, "job.html", body, job=job, most=_SHOWN)


async def refused(request: Request) -> Response:
    """A GeoPackage of the rows that the job refused and of places of faults; ReportGone."""
    asking.only(request, ())
    job = await find(request, request.path_params["id"])
    path = refused_path(asking.service(request).settings, job.id)
    if not _has_refused(job) or not await asyncio.to_thread(path.is_file):
        raise ReportGone(job.id)
    ranges.check(request, (await asyncio.to_thread(path.stat)).st_size)
    return FileResponse(path, media_type=GEOPACKAGE, filename=f"{job.layer}-refused.gpkg")


def describe(job: Job, base: str) -> dict[str, Any]:
    """The job for JSON; `report` is null until it has ended."""
    return {
        "jobID": str(job.id),
        "processID": job.kind,
        "type": "process",
        "status": job.state,
        "message": job.message,
        "layer": job.layer,
        **job.asked,
        "who": job.who,
        "step": job.step,
        "rows": job.rows,
        "total": job.total,
        "progress": _progress(job),
        "created": utc(job.created_at),
        "started": _moment(job.started_at),
        "finished": _moment(job.ended_at),
        "updated": utc(job.ended_at or job.beaten_at),
        "report": job.report,
        "links": _links(job, base),
    }


def _has_refused(job: Job) -> bool:
    report = job.report
    if report is None or job.kind == kept.KIND:
        return False
    return job.ended and bool(report["refused"] or report.get("faults"))


def _links(job: Job, base: str) -> list[Mapping[str, Any]]:
    here = ("jobs", str(job.id))
    links = [
        link("self", url(base, *here), asking.JSON),
        link("alternate", url(base, *here, f="html"), asking.HTML),
    ]
    if job.kind == kept.KIND and job.state == "successful" and job.report is not None:
        file = url(base, *here, "file", job.report["file"])
        links.append(link("enclosure", file, job.report["type"], job.report["file"]))
    if job.layer is not None:
        links.append(link("version-history", url(base, "layers", job.layer, "runs"), asking.JSON))
    if _has_refused(job):
        links.append(link("related", url(base, *here, "refused"), GEOPACKAGE, "refused rows"))
    if job.state == "successful" and job.layer is not None:
        links.append(link("data", url(base, "collections", job.layer), asking.JSON))
    return [dict(each) for each in links]


def _progress(job: Job) -> int | None:
    """Percent that are read, and 100 at the end; None where the size of the file is not known."""
    if job.state == "successful":
        return 100
    if job.kind == kept.KIND:
        return min(99, 100 * job.rows // job.total) if job.total else None
    if job.total and job.step == "read":
        return min(99, 100 * job.rows // job.total)
    return 99 if job.step in {"check", "write"} else None


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc(moment)
