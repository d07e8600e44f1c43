"""A generated city on a river, shaped after 襄阳 (Xiangyang), as small files in real formats.

Every shape, value and name here is drawn by these modules from one seed; nothing is surveyed and
nothing is copied. Only the county-level codes and names (GB/T 2260), the township names, the
land-use codes and one guard stage are real. The modules, in the order the city is built:

frame       the CRS, the window of the dense part, the seeded random streams
courses     river centre lines (河流) and water surfaces at low and at high water
divisions   nine counties (县级行政区) that share every border vertex by vertex
streets     the block grid (街坊), bent along the river
landuse     which use a block has (用地分类 2023), and which parcels such a block holds
townships   which township (乡级行政区) a place is in
parcels     blocks cut into parcels (宗地) with their codes
buildings   footprints with heights (建筑物) inside the parcels
control     the three control lines (三条控制线)
waterworks  reservoirs (水库) and the moat (护城河)
stations    hydrological stations (水文站)
hydrology   two years of hourly stage, flow and rain
faults      the wrong values among them, on purpose
imagery     two dates of a 4-band scene at 10 m
titles      names and addresses
tables      the layers as columns
write       the files: GeoPackage, Shapefile (GBK), GeoJSON, CSV, GeoTIFF; the same bytes each time
catalogue   the manifest: what `cim up` loads, in which order, under which class
"""
