"""Migrations of the database, run by `cim.database.migrate` (数据库迁移)."""
