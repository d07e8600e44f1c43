"""Business tables from files (业务表入库): CSV and Parquet become `business.<name>`.

`columns` finds the types of texts, `file` reads a file whole, `load` brings the table to it in one
transaction. What is fused with the table is linked anew in the same transaction.
"""
