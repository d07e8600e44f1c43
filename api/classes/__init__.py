"""Entity classes over HTTP (实体分类服务): the city's class table, its history, its changes.

``documents``    what a class and a change look like
``reading``      GET /classes, /classes/{code}, /classes/{code}/history
``changes``      POST /classes, PATCH and DELETE /classes/{code}
``description``  what the OpenAPI description says of them
"""
