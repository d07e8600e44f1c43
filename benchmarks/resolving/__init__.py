"""Parts of ``benchmarks/resolve.py``: entities and aliases, the mixed codes, the bare baseline."""
