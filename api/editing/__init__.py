"""Features that clients write (要素编辑): OGC API - Features 4 (20-002), on layers with own rows.

``routes``       POST, PUT, PATCH, DELETE and OPTIONS of items
``bodies``       GeoJSON and merge patches (RFC 7396), and what may be in them
``conditions``   entity tags, If-Match and If-None-Match (RFC 9110)
``headers``      Content-Crs and Prefer
``schema``       what of a feature is given by the service, what has to be there
``description``  what OpenAPI says of it
"""
