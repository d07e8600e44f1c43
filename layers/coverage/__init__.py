"""Layers that are coverages (覆盖): areas that share borders, without overlaps and narrow gaps.

Parcels, polygons of land use and unit grids are such. A layer is declared one when a file is
loaded, and every later file is held to it: the layer as it will be is looked at, what the file has
together with what stays. Single features that are assigned or changed by code are not.

``tiling``    boxes of about as many vertices each, so that memory does not grow with the layer
``whole``     reads the layer as it will be, box by box
``overlaps``  areas that two features share
``gaps``      ground between features that belongs to none
``check``     brings them together, and tells of them

An overlap counts where it is wider than the tolerance, a gap where it is wider than that and not
wider than the layer's width of gaps, and enclosed. The width of both is twice the area by the
perimeter, which of a strip is its width. Widths are measured in the CRS of the file, where borders
are straight: a vertex on a neighbour's border of a kilometre lies a centimetre off that border when
both are in degrees, and that is nobody's fault. Areas and widths that are told are metres on the
ground. The two numbers are ours (`layers.definition`); no standard that we know gives them.

GEOS (3.14, in shapely) finds the edges that are not those of a neighbour, which is quick; only
areas that have such edges are intersected. PostGIS has that since 3.4 alone.
"""
