"""Put first on PYTHONPATH: a wall clock that a test sets, by seconds in the file that DIPLOTONE_FAKE_CLOCK names."""

import os
import time

_TRUE = time.time
_FILE = os.environ["DIPLOTONE_FAKE_CLOCK"]


def _shifted() -> float:
    with open(_FILE) as file:
        return _TRUE() + float(file.read() or 0)


time.time = _shifted
