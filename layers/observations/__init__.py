"""Ingest of observations (观测时间序列入库): what stations measured, hour by hour.

The way of the data: `source` reads a CSV or Parquet file in batches, `layout` says which column is
what, `readings` makes numbers and UTC times of them, `series` finds the stations and their series,
`store` brings the values into `cim.observation`, and `checking` marks the doubtful ones. All of it
is the caller's one transaction, in constant memory; loads of one layer of stations follow each
other.

=============  ===================================================================================
layout         wide: a time column and a column for each station, or for each parameter beside a
               station column; long: a row for each value, with columns for station, parameter,
               unit, datum and quality as far as they differ
station        its key in the layer, its entity code, or any of its other codes
time           without a zone it is that of Beijing, UTC+8 all the year, or the one that is told; a
               time that a change of the clock makes doubtful is refused
unit           checked against the parameter and converted; the raw number stays beside the value
datum          (基面) kept as it is told; another datum is another series. Nothing is converted
same again     a value that is there already changes nothing; another one for the same time takes
               its place, and the old one goes to `cim.observation_history`
doubtful       flagged (`cim.doubts`), never dropped: range, rate, stuck, decimal slip, and what the
               source doubts itself
not readable   a row without a known station, a time or a number is refused with its reason, and the
               others are loaded; `strict` refuses the file instead. Empty cells are no values
=============  ===================================================================================

Flags follow from the series as it stands after the load, whatever the order in which its values
came: a late value may clear or raise those beside it.
"""
