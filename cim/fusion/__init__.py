"""Fusion (融合关联): business tables without geometry join layers, and nothing is copied.

A business table (业务表) has an owner, a grade and a key. A fusion makes a collection of its own of
a layer and of tables: the features of the layer, under their codes, with attributes that stay where
they are, in their tables, and are read by a view. What belongs together is a row of
`cim.fusion_link` for each row of a table: which feature, how that was found, with what score; or
why none was. Links are looked for anew when a table or the layer is loaded, and by a refresh.

A row is linked by the ways (关联方式) that the fusion names, tried in their order:

=========  ======================================================================================
`code`     the column has the entity code or any other code that tells its scheme; where the entity
           was merged, its living successor
`alias`    the same for one scheme that is named
`field`    the column says what a property of the layer says
`address`  Chinese address text against a property of the layer, or the names of its things
`place`    longitude and latitude, degrees: the area that holds the point, or what is near
=========  ======================================================================================

Each candidate has a score from 0 to 1. The best is taken at once from `accept` on where it is ahead
of the second by `margin`; from `review` on people decide, and what they decided counts again as
long as the row says what it said then.

==============  =====================================================================
`business`      business tables: said, found, dropped; `registering` where they stand
`fused`         what a fused collection is made of, as the registry holds it
`ways`          the ways of linking as values
`definition`    fusions defined, extended, dropped
`views`         the views of a fused collection
`links`         links looked for anew: the ways together, and what people decided
`by_code`       candidates by code; `by_field`, `by_address`, `by_place` the others
`addresses`     address text in its parts, and how alike two are
`upkeep`        when links are looked for anew
`deciding`      what people decide
`told`          statements that read links, reviews and counts
==============  =====================================================================

The grade of a fused field is the highest of its table's, its own and its data item's; that of the
collection the highest of all its fields and of the layer: raised, never lowered."""
