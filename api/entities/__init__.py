"""Assignment and life cycle over HTTP (赋码与生命周期服务).

``bodies``        what may be sent, as pydantic models; a misfit is told by its place
``answers``       what is answered, as pydantic models
``geometry``      GeoJSON that is sent
``assigning``     POST /entities
``life``          POST /entities/{code}/change, retire, void, split; POST /entities/merge
``reviews``       GET /reviews[/{id}], POST /reviews/{id}
``reservations``  GET and POST /reservations, GET and DELETE /reservations/{id}
``stock``         GET /quotas, PUT /quotas/{department}; GET /leases
``feed``          GET /changes
``description``   what the OpenAPI description says of them
``schemas``       the models as schemas of OpenAPI 3.0
"""
