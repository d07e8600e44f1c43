"""`POST /layers` (文件上传入库): a file is sent as a multipart form, and loaded by a job.

The files of the form are one data set: a file of a kind that holds its data itself
(`layers.dataset`), the parts of a Shapefile, or a zip archive of one data set. The other fields
are those of `cim layer load`. The answer is 202 with the job, as soon as the files are on the disk
and nothing speaks against them from outside; rows are checked by the job.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.errors import BodyUnfit
from api.ingest import asked, form, jobs
from api.ingest.doing import Work, limits
from api.ingest.form import Form
from api.ingest.working import KIND, Workshop
from api.links import url
from api.writing import write, writer
from cim import jobs as job_table
from cim.settings import Settings
from layers import archive, dataset
from layers.errors import UploadRefused
from layers.vector_file import VectorFile


async def load(request: Request) -> Response:
    """202 with the job that loads what was sent."""
    who = writer(request).name
    asking.only(request, ())
    workshop, settings = jobs.workshop(request), asking.service(request).settings
    with workshop.draft() as folder:
        sent = await form.receive(request, folder, settings.upload_bytes)
        path = await anyio.to_thread.run_sync(_data_set, folder, sent, settings)
        job_id = await _accept(request, workshop, asked.read(sent.fields, who, path))
    job = await jobs.find(request, job_id)
    base = asking.base_url(request)
    headers = {"Location": url(base, "jobs", str(job_id))}
    return JSONResponse(jobs.describe(job, base), 202, headers)


def _data_set(folder: Path, sent: Form, settings: Settings) -> Path:
    """What was sent, if it can be a data set; BodyUnfit, UploadRefused."""
    if not sent.files:
        raise BodyUnfit([("file", "it must be given")])
    packed = [path for path in sent.files if archive.is_archive(path)]
    if not packed:
        layer = next(iter(sent.fields.get("source_layer", ())), None)
        return dataset.find(folder, "what was sent", layer).path
    if len(sent.files) > 1:
        raise UploadRefused(packed[0].name, "an archive must be sent alone")
    archive.check(packed[0], limits(settings))
    return packed[0]


async def _accept(request: Request, workshop: Workshop, file: VectorFile) -> int:
    """Begin a job for the file, which takes the folder that the file is in."""
    service = asking.service(request)
    said = {
        "mode": file.mode,
        "file": file.path.name,
        "size": file.path.stat().st_size,
        "skip_refused": file.skip_refused,
    }
    by = file.who, workshop.name
    job_id = await write(request, lambda c, _: job_table.accept(c, KIND, file.layer, said, by))
    folder = file.path.parent.rename(workshop.folder(job_id))
    placed = replace(file, path=folder / file.path.name)
    workshop.begin(Work(service.settings, service.engine, job_id, placed, folder))
    return job_id
