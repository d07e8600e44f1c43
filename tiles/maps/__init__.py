"""Maps (地图): pictures of layers in their styles, of any box, in any CRS that is offered.

============  =====================================================================================
`frame`       which box of which CRS a picture shows, and in how many pixels
`features`    the statement that gives what is seen of a vector layer, in pixels
`imagery`     what is seen of a mosaic, as pixels
`styles`      which layers of a MapLibre style draw what
`expressions` values of a style that depend on a feature and on the scale
`symbols`     layers of a style as Mapnik draws them
`painting`    the picture
============  =====================================================================================

OGC API - Maps 1 (OGC 20-058).
"""
