"""Data taken away over HTTP (数据导出): pages of items in other formats, and whole layers.

`GET /collections/{c}/export?f=` streams what can be written as it is read;
`POST /collections/{c}/exports` makes a file by a job, which `GET /jobs/{id}/file` gives whole or in
ranges, so that a download that broke off goes on where it ended.
"""
