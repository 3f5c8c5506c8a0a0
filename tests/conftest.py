"""What every test may ask for."""

import os

# Before NumPy is imported: OpenBLAS joins its threads when a process forks, and waits for ever where another
# thread is computing. Tests start servers while a service in the same process reads its model.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest_plugins = ["tests.servers", "tests.cluster", "tests.databases", "tests.service"]
