"""Parts of ``benchmarks/ingest.py``: the files that are loaded."""
