"""Tables registered where they stand (原位登记): a department's own table is a layer.

``place``     the name of a table, as a command has it
``catalogs``  what PostgreSQL's catalogs say of a table: its columns, their types, its keys
``geometry``  which column holds the place, and in which CRS
``fit``       a table out of what was found: may it be read, what becomes of its columns
``register``  makes a layer of a table
``refresh``   brings the codes to the rows that the table has now
``changes``   the rows that are new or other than they were, on their way into the stage
``measuring`` what the registry says of the rows
``advice``    what slows a layer down, with the statement that mends it
``status``    how a registered layer stands
"""
