"""The life of an entity (生命周期): reserved, active, changed, then retired, merged, split or void.

``ending``      what every end does: rows into the history, aliases and cells away, events told
``changing``    a new geometry, new attributes
``succession``  merge and split, with the areas compared
``changes``     the feed by which another system keeps up

A code is never reused and never stops resolving. Valid time is when it was so in the city,
transaction time when we knew; a change cannot be valid before the version that it replaces.
"""
