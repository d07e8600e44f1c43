"""All tables of the schema `cim` (全部库表), which modules describe by their subject."""

from cim import (
    catalog_tables,
    fusion_tables,
    identity_tables,
    ingest_tables,
    observation_tables,
    style_tables,
)
from cim import tables as own

TABLES = (
    own,
    identity_tables,
    catalog_tables,
    ingest_tables,
    observation_tables,
    fusion_tables,
    style_tables,
)
metadata = own.metadata
