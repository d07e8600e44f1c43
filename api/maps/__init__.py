"""Maps over HTTP (地图服务): OGC API - Maps 1 (OGC 20-058), of the dataset and of a collection.

=============  ====================================================================================
`asked`        what the parameters of a request ask for
`subsets`      the parameter `subset`
`drawing`      what is asked of the database and the files, and what is drawn of it
`routes`       the routes
`description`  what the OpenAPI description says of them
=============  ====================================================================================
"""
