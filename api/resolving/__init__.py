"""What answers `GET /resolve` and `GET /id/{code}` (解析服务), one module for each way to ask.

thing    an entity with its life and its feature, as documents tell of it
by_code  the thing that a text names
here     what is at a place
in_cell  what lies in a cell of a grid
by_name  things whose names are alike
lists    answers that are lists
address  the permanent address of a thing; `context`, its JSON-LD terms; `past`, its history
"""
