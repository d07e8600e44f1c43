"""From files to a scene (影像入库): open, check, stack, make a COG, read it back, describe.

::

    formats      which drivers may open a file, and what to say where one is missing
    lengths      whether a file is as long as it says
    parts        the bands of several files or variables, on one grid
    heads        what the head of a file must say; footprints
    recipe       what a person says of the files
    naming       names, common names, wavelengths, scales; sensors.csv and sensor_bands.csv
    nodata       one value for "nothing here" in all bands
    stack        a virtual raster of the bands, which the COG is made of
    cog          the COG, and whether it is one
    statistics   every value of the COG read back
"""
