"""Nothing leaves this machine: import, prediction, command line, retraining, the service, the page in a browser.

    python -m tests.hard.air_gap       prints the figures as JSON

Where that is permitted all of it runs in a network of its own that has nothing but loopback, so that libraries written
in C are held as well; everywhere a hook in each Python process refuses and writes down what would go further.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import httpx

from ..browser import CHROMIUM, a_browser
from .figures import Figure
from .service import ROOT, serving

LONGEST_S = 1_800.0
"""For all of it; a training of one step is part of it, on a machine that may be busy."""

GUARD = Path(__file__).with_name("air_gap_guard")
ARTICLE = "Norway accused Latvia of theft on Monday. Latvia thanked Norway for its calm. They met in Suva."
PREDICT = (
    "from diplotone.model import load; import diplotone.serve.app, diplotone.train.fit;"
    f"assert load().analyze({ARTICLE!r}).dyads"
)
LABELS = [
    ("Suva praised Apia for the ferry deal.", "positive", "cooperative", "train"),
    ("Quito bombed Lima at dawn on Friday.", "negative", "hostile", "train"),
    ("Minsk and Tunis both have a zoo.", "neutral", "neutral", "train"),
    ("Oslo accused Riga of stealing the herring.", "negative", "critical", "dev"),
    ("Hanoi met Vientiane for talks about the bridge.", "neutral", "cooperative", "test"),
]


def run() -> list[Figure]:
    """Do everything without a network; in a network of its own where the system permits one."""
    alone = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0
    command = ["unshare", "-n"] if alone else []
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.hard.air_gap"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_S,
    )  # fmt: skip
    where = "in a network of its own" if alone else "with the hook alone: unshare -n is not permitted"
    if done.returncode:
        return [Figure("air gap", where, done.stderr[-600:], "all of it works", False)]
    return [Figure(**figure) for figure in json.loads(done.stdout)] + [Figure("air gap", "ran", where)]


def steps(folder: Path) -> list[Figure]:
    """The steps, each in processes with the hook."""
    log = folder / "log"
    log.touch()
    env = {
        "PYTHONPATH": str(GUARD), "DIPLOTONE_AIR_GAP_LOG": str(log), "DIPLOTONE_HOME": str(folder / "home"),
        "TMPDIR": str(folder), "HOME": str(folder),
    }  # fmt: skip
    env.pop("HF_HUB_OFFLINE", None)
    article, labels = folder / "a.txt", folder / "labels.jsonl"
    article.write_text(ARTICLE)
    labels.write_text("".join(json.dumps(_row(*label)) + "\n" for label in LABELS))
    fit = ["fit", "--config", str(ROOT / "configs" / "tiny.toml"), "--labels", str(labels), "--labels-only"]
    figures = [
        _hook_works(env),
        _python("import and prediction", ["-c", PREDICT], env),
        _python("command line", ["-m", "diplotone.model", "analyze", str(article), "--format", "json"], env),
        _python("retraining", ["-m", "diplotone.train", *fit, "--out", str(folder / "run")], env),
        *_page(folder, env),
    ]
    tries = [line for line in log.read_text().splitlines() if "hook-works" not in line]
    told = f"{len(tries)}: {'; '.join(tries)[:400]}" if tries else "none"
    return [*figures, Figure("air gap", "tries to leave this machine", told, "none", not tries)]


def _row(text: str, sentiment: str, tone: str, split: str) -> dict[str, object]:
    source, target = (
        word for word in text.replace(".", "").split() if word[0].isupper() and word != "Friday"
    )
    pair = {"source": source, "target": target, "stance": "neutral", "act": "CONSULT"}
    return {"text": text, "sentiment": sentiment, "tone": tone, "split": split, "pairs": [pair]}


def _hook_works(env: dict[str, str]) -> Figure:
    """A test that cannot fail is none: the hook stops a connection and a look-up."""
    code = (
        "import socket, sys; sys.argv = ['hook-works']\n"
        "tries = (lambda: socket.create_connection(('192.0.2.1', 80)), lambda: socket.getaddrinfo('a.example', 80))\n"
        "for go in tries:\n"
        "    try: go()\n"
        "    except OSError as error: assert 'not to be used' in str(error), error\n"
        "    else: raise SystemExit('not stopped')"
    )
    return _python("the hook stops a connection and a look-up", ["-c", code], env)


def _python(what: str, arguments: Sequence[str], env: dict[str, str]) -> Figure:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | env,
        check=False,
    )
    told = "works" if done.returncode == 0 else done.stderr[-400:]
    return Figure("air gap", what, told, "works without a network", done.returncode == 0)


def _page(folder: Path, env: dict[str, str]) -> list[Figure]:
    with serving(folder / "home", env=env) as service:
        answer = httpx.post(f"{service.url}/v1/analyze", json={"text": ARTICLE}, trust_env=False, timeout=60)
        figures = [
            Figure("air gap", "service", str(answer.status_code), "answers", answer.status_code == 200)
        ]
        if not CHROMIUM.exists():
            return [*figures, Figure("air gap", "page", f"not tried: there is no {CHROMIUM}", kept=None)]
        asked: list[str] = []
        with a_browser() as browser:
            page = browser.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(service.url)
            page.wait_for_selector("[data-state=welcome]", timeout=120_000)
            page.fill("#article textarea", ARTICLE)
            page.click("#analyze")
            page.wait_for_selector("[data-state=analysis]", timeout=120_000)
        foreign = [url for url in asked if not url.startswith((service.url, "data:", "blob:"))]
    told = f"{len(asked)} requests, {len(foreign)} to elsewhere: {foreign[:3]}"
    return [
        *figures,
        Figure("air gap", "page in Chromium", told, "shows an analysis, asks nobody else", not foreign),
    ]


def _loopback_up() -> None:
    """Switch loopback on; in a new network it is off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, request)[:18])[1]  # SIOCGIFFLAGS
        if not flags & 1:
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags | 1))  # SIOCSIFFLAGS, IFF_UP


if __name__ == "__main__":
    _loopback_up()
    place = Path(tempfile.mkdtemp())
    try:
        print(json.dumps([asdict(figure) for figure in steps(place)]))
    finally:
        shutil.rmtree(place, ignore_errors=True)
