"""Readers of vector files, one module for each family of formats (各格式读取).

``opened``       what every reader takes and gives
``encodings``    names of encodings (字符编码), and which of two a file is in
``guess``        the types of columns of which a file has texts alone
``texts``        columns of texts of which some have bytes that are none
``copies``       text files as their readers want them: in UTF-8
``curves``       arcs made into lines, and ``curve_text``: arcs in WKT
``gdal``         what GDAL reads in Arrow batches: GeoPackage, FlatGeobuf, FileGDB…
``zones``        time zones that GDAL gives with texts alone
``dbf``          the table of a Shapefile, as bytes
``shapefile``    Shapefile
``delimited``    CSV, and ``places``: where its rows are
``geojson``      GeoJSON, and ``collection``: how its text falls into features
``kml``          KML, and ``placemarks``: what is in one
``dxf``          DXF
``geoarrow``     geometry columns of GeoParquet that are no WKB
``packed``       archives of one data set

`layers.source` opens a file by the reader of its format; `layers.parquet` reads Parquet.
"""
