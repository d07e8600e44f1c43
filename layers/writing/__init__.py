"""Rows of a layer written in the formats in which data is taken away (数据导出格式).

`forms` is the table of them. A format either streams, so that the first bytes leave before the
last row is read, or is made as a file first, by GDAL.
"""
