"""Ingest over HTTP and by command (入库服务): files are sent, loaded, reported, and undone.

``form``         multipart forms, streamed to the disk
``asked``        what the fields of a form ask for
``upload``       POST /layers
``working``      jobs of this process: done in threads, told by heartbeats
``jobs``         GET /jobs/{id}, GET /jobs/{id}/refused
``runs``         GET /layers/{name}/runs
``description``  what the OpenAPI description says of them
"""
