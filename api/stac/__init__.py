"""STAC API 1.0 (影像时空资产目录接口): imagery found across collections; items are STAC 1.1.

``asked``        what parameters and bodies ask for
``routes``       /search, the items of raster collections, what filters them
``documents``    items and pages of them
``face``         what makes a collection a STAC collection, and the landing page a catalog
``fields``       parts of items left out or alone
``description``  what the OpenAPI description says of it

Every collection of the service is a STAC collection, so that clients read the list of them; those
of features stand alone there, as STAC calls it, and have no items that `/search` finds.
"""
