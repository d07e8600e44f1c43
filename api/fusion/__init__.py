"""Fusions, their links and provenance, and indicators of governance over HTTP (融合与指标接口)."""
