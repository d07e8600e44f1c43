"""The database (数据库): the server that is given or kept by us, and the way to it.

``cluster``   the embedded PostgreSQL cluster under ``CIM_HOME``
``programs``  the PostgreSQL programs of this machine
``connect``   the address of the database, and engines that were checked before use
``migrate``   the schema brought to its newest version
``processes``, ``configuration``  what ``cluster`` needs to see and to write
"""
