"""Parts of ``benchmarks/serve.py``: the city, the servers, the questions, the load, the table."""
