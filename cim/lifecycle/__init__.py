"""The life of an entity (生命周期): reserved, active, changed, then retired, merged, split or void.

``living``      active entities, found and locked
``change``      a new place, a new name, other attributes of one entity
``changing``    changed rows, of one entity or of a whole layer
``ending``      what every end does: rows into the history, aliases and cells away, events told
``end``         retire, and void what should never have been
``succession``  merge and split, with the areas compared
``changes``     the feed by which another system keeps up

A code is never reused and never stops resolving. Valid time is when it was so in the city,
transaction time when we knew; a change cannot be valid before the version that it replaces.
"""
