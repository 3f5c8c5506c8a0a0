"""Measurements of speed and quality; each module runs with `python -m bench.…`."""
