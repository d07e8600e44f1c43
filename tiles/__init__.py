"""Tiles of layers: tile matrix sets, vector tiles, raster tiles."""
