"""OGC API - Records (元数据目录服务): what there is, found by words, place, time and properties.

``asked``        what parameters ask for
``routes``       /collections/catalog and its items; /catalog.jsonld
``documents``    records as GeoJSON, and the collection of them
``rights``       who may use what a record tells of, in words
``ables``        which properties filter and sort
``dcat``         the same as DCAT-AP in JSON-LD
``distributions`` in which forms a resource is given, for DCAT
``description``  what the OpenAPI description says of them
"""
