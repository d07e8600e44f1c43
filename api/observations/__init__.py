"""OGC API - Environmental Data Retrieval 1.1 over the series of stations (环境数据检索).

The collection of the stations is the collection of their observations: `locations` are the
stations, by their entity codes, and `position` is the station at a point or within a kilometre of
it. Answers are CoverageJSON, GeoJSON or CSV, for parameters and times as they are asked for, with
the flags of doubtful values.

These routes are ours and not pygeoapi's: its EDR (0.21) writes whatever a provider returns as JSON
with the media type of JSON, so that neither CSV nor the types of CoverageJSON and GeoJSON can be
given; takes unknown parameters in silence; and knows `conf/core` alone.
"""
