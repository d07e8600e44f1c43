"""Grid codes over HTTP and for files (网格编码服务): BeiDou, GeoSOT, H3.

``systems``  the grids that there are
``cells``    one place, one cell
``covers``   the cells of a geometry
``bulk``     tables of places in the body of a request
``columns``  adds a column of codes to CSV, NDJSON and Arrow
``files``    the same for CSV, Parquet and GeoPackage files
"""
