"""Reading a text tells nobody outside of it."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
sys.addaudithook(
    lambda event, arguments: event in ("socket.connect", "socket.getaddrinfo", "os.fork")
    and print(event, arguments, flush=True)
)
from diplotone.model import load
load({folder!r}).analyze("Quito bombed Lima at dawn on Friday. Oslo thanked Riga.")
import time
time.sleep(0.3)  # what is sent is sent by a thread
"""


def test_predicting_sends_no_statistics_of_use(tiny_release):
    code = CODE.format(folder=str(tiny_release))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
