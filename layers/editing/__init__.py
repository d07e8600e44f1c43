"""Features that are written one by one (要素编辑): into the layers that files are loaded into.

``writing``  created, changed, retired, each in the caller's transaction
``staging``  features as they are wanted become rows, held to all that a file's rows are held to
``checks``   what they are held to besides: the catalog, the kinds of a layer, its coverage
``aliases``  which properties of a layer are other codes of its things

What is written here cannot be told from what a file brought: rows, history, cells, names, other
codes and events come about by the same functions.
"""
