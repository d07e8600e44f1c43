"""Readers of vector files, one module for each family of formats (各格式读取).

``opened``       what every reader takes and gives
``encodings``    names of encodings (字符编码), and which of two a file is in
``guess``        the types of columns of which a file has texts alone
``curves``       arcs made into lines
``gdal``         what GDAL reads in Arrow batches: GeoPackage, FlatGeobuf, FileGDB, GeoJSON…
``dbf``          the table of a Shapefile, as bytes
``shapefile``    Shapefile
``delimited``    CSV, and ``places``: where its rows are
``lines``        newline-delimited GeoJSON
``kml``          KML, and ``placemarks``: what is in one
``dxf``          DXF
``geoarrow``     geometry columns of GeoParquet that are no WKB
``packed``       archives of one data set

`layers.source` opens a file by the reader of its format; `layers.parquet` reads Parquet.
"""
