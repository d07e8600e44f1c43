"""The data element catalog (数据要素目录): what data a city has, who answers for it, what it means.

A catalog has domains (领域), these have categories (门类), these have elements (要素), and an
element has fields (数据项). A field says its name, definition, standard and clause, type, unit,
code list, whether it is mandatory, who owns it, where its authoritative source is, how often it
changes, how it is shared and opened, and its grade. What a field leaves empty is as its element
has it.

A catalog comes in versions, each a whole that never changes once loaded; one of them is current.
Elements, fields and code lists have codes that stay from version to version: versions are compared
by them, and layers are bound to them. `cim.data.catalog` is the version that the program brings.

A layer is bound (绑定) to one element, and its columns to fields of that element: by a person,
for a department, with a grade. A field has one authoritative source (一数一源一标准). A layer
that is bound to nothing is private to who loaded it.

=============  =====================================================================
`grades`       the grades of GB/T 43697-2024 and their order
`model`        versions, domains, categories, elements, fields, code lists as values
`rules`        what a version may say
`files`        versions as folders of CSV or one JSON document
`builtin`      the version that comes with the program
`versions`     versions in the database: loaded, used, told
`compare`      what differs between two versions, and which layers that touches
`reading`      statements that read one element, field or list
`history`      who did what, why and when
`bound`        what a layer is bound to, as the registry holds it
`binding`      layers bound and unbound, with history
`units`        units of measure, and what names of columns say of them
`suggest`      which element and fields the columns of a layer may be
=============  =====================================================================

Sources: the classes of CJJ/T 315-2022 and the CIM guide, as far as they could be read; a row
says how sure it is: H seen in a source, M one indirect source or general knowledge, L our
proposal, T seen in the catalogue of a city that follows the guide, G the guide from memory. An
empty clause is one that could not be read."""
