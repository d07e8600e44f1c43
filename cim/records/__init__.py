"""Records of what there is (元数据记录): layers, mosaics, observations, elements, the service.

``source``   the records as the database has them at that moment, one SELECT
``search``   which of them are asked for, and a page of these

Their types are those of ISO 19115-1 (MD_ScopeCode):

===========  ==============  =====================================================================
type         id              what
===========  ==============  =====================================================================
dataset      ``parcels``     a layer of features (矢量图层)
coverage     ``imagery``     a mosaic of scenes (影像镶嵌)
series       ``x.observations``  what the stations of a layer measured (监测数据)
featureType  ``element.x``   an element of the catalog (要素)
service      ``service.api`` this service (服务)
===========  ==============  =====================================================================

No layer has a dot in its name. What a layer that is bound to an element says of owner, sharing and
grade is its binding's and its element's (`cim.catalog`); one that is bound to nothing is private to
its owner, has neither, and says so.
"""

COLLECTION = "catalog"
ELEMENT, OBSERVATIONS, SERVICE = "element.", ".observations", "service.api"
TYPES = ("dataset", "coverage", "series", "featureType", "service")
