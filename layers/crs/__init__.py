"""Coordinate reference systems of files (坐标参考系): declared, moved to CGCS2000, and doubted.

`declared` reads what a file or its sender says, `operation` finds the way to EPSG:4490 and how
accurate it is, `local` reads the parameters of a city, `offset` undoes GCJ-02 and BD-09, `noticing`
looks at the coordinates, `reference` compares them with a layer, and `placing` does all of it.
"""
