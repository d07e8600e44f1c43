"""What every error of ingest is (入库错误)."""

from cim.errors import CimError


class LayerError(CimError):
    """A file cannot become a layer."""
