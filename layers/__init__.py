"""Ingest: files of GIS staff become layers; every feature gets its codes."""
