"""The data element catalog over HTTP (数据要素目录服务): read, versions loaded, layers bound.

``documents``    what catalogs, elements, fields, versions and bindings look like
``reading``      GET /catalog and its elements, fields and code lists
``versions``     /catalog/versions: listed, loaded, put to use; GET /catalog/diff
``bindings``     /collections/{c}/binding: read, suggested, set, taken away
``description``  what the OpenAPI description says of them
"""
