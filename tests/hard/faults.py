"""What happens to machines: full disks, folders closed to writing, kills, damaged files, clocks that jump, no memory.

In each case the service must go on, or say in one line why not and exit with 2; and no label that it called saved may
be lost.
"""

from __future__ import annotations

import contextlib
import random
import resource
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from diplotone.model.errors import DiplotoneError
from diplotone.model.release import MANIFEST, open_release, shipped_release

from .figures import Figure
from .service import Service, command, environment, refused, serving, until

PATIENCE_S = 300.0
"""For an answer: these tests are about what is answered, not how soon, and the machine may be busy."""

ARTICLE = "Oslo accused Riga of theft on Monday. Riga thanked Oslo for its calm. They met in Suva for talks."
MEMORY_LIMITS_MB = (300, 700, 1_200, 1_800, 2_500)


def run(rounds: int, seed: int = 1, only: str = "") -> list[Figure]:
    """Let everything happen; kills and damages `rounds` times each."""
    faults: dict[str, Callable[[], Figure]] = {
        "port taken": port_taken,
        "one port, two services at once": one_port_two_services,
        "damaged release": lambda: damaged_release(rounds, seed),
        "kill -9 while labels are written": lambda: killed(rounds, seed),
        "damaged labels": damaged_labels,
        "full disk of labels": full_disk,
        "labels that cannot be written": read_only_home,
        "full folder for temporary files": full_temporary_folder,
        "clock jumps": clock_jumps,
        "little memory at the start": lambda: little_memory_at_start(rounds),
        "memory runs out": memory_runs_out,
    }
    figures = []
    for name, happen in faults.items():
        if only in name:
            try:
                figures.append(happen())
            except Exception as error:  # one that fails itself does not hide the others
                figures.append(
                    Figure("faults", name, f"{type(error).__name__}: {error}", "can be tried", False)
                )
    return figures


def _figure(what: str, told: str, promise: str, kept: bool) -> Figure:
    return Figure("faults", what, told, promise, kept)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="diplotone-hard-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _small_disk(megabytes: int) -> Iterator[Path | None]:
    """A disk of its own, or None where none may be mounted."""
    with _folder() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _fill(disk: Path) -> Path:
    """Leave no byte of room."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))
    return filler


def _is_one_line(code: int, said: str) -> bool:
    return code == 2 and said.count("\n") == 0 and said.startswith("diplotone-serve: ")


def _analyze(service: Service, text: str = ARTICLE) -> httpx.Response:
    return httpx.post(f"{service.url}/v1/analyze", json={"text": text}, timeout=PATIENCE_S, trust_env=False)


def _say(service: Service, name: str, number: int) -> httpx.Response:
    label = {"text": f"Oslo met Riga, said {name}, {number} times.", "task": "tone", "new": "cooperative"}
    body = {"annotator": name, "labels": [label]}
    return httpx.post(f"{service.url}/v1/labels", json=body, timeout=PATIENCE_S, trust_env=False)


def _kept(service: Service) -> set[int]:
    found: set[int] = set()
    before = None
    while True:
        query = {"limit": 500} | ({"before": before} if before else {})
        page = httpx.get(f"{service.url}/v1/labels", params=query, timeout=PATIENCE_S, trust_env=False).json()
        found |= {label["id"] for label in page["labels"]}
        if not (before := page["next"]):
            return found


# ------------------------------------------------------------------------------------------- ports


def port_taken() -> Figure:
    with _folder() as home, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = refused([*command()[:-1], str(port)], home)
    return _figure("port taken", f"exit {code}: {said}", "one line, exit 2", _is_one_line(code, said))


def one_port_two_services() -> Figure:
    with _folder() as home:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        start = [*command()[:-1], str(port)]
        both = [
            subprocess.Popen(
                start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home)
            )
            for _ in range(2)
        ]
        until(lambda: any(process.poll() is not None for process in both), 120)
        ended = [process for process in both if process.poll() is not None]
        said = ended[0].stderr.read().strip() if ended and ended[0].stderr else "neither ended"
        codes = [process.returncode for process in ended]
        for process in both:
            process.terminate()
            process.communicate(timeout=60)
    kept = len(codes) == 1 and _is_one_line(codes[0], said)
    return _figure(
        "one port, two services at once", f"exit {codes}: {said}", "one serves, one line, exit 2", kept
    )


# --------------------------------------------------------------------------------------- releases


def damaged_release(rounds: int, seed: int) -> Figure:
    """A byte of each file changed, and each file cut off and taken away."""
    chance = random.Random(seed)
    tried, passed, unclear = 0, [], []
    with _folder() as place:
        folder = place / "release"
        shutil.copytree(shipped_release(), folder)
        for path in sorted(folder.iterdir()):
            if path.name == "__init__.py":
                continue
            whole = path.read_bytes()
            for n in range(rounds + 2):
                data = bytearray(whole)
                if n < rounds:
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                path.write_bytes(data if n < rounds else whole[: len(whole) // 2])
                if n == rounds + 1:
                    path.unlink()
                tried += 1
                try:
                    open_release(folder)
                    passed.append(path.name)
                except DiplotoneError as error:
                    if "\n" in str(error) or str(folder) not in str(error):
                        unclear.append(f"{path.name}: {error}")
                path.write_bytes(whole)
    # A letter of the release's name in the manifest itself: it is the same release under another label.
    harmless = [name for name in passed if name == MANIFEST]
    told = f"{tried} damages: {tried - len(passed)} refused, {len(harmless)} to the name alone in {MANIFEST} taken"
    told += "".join(f"; {name} taken" for name in set(passed) - {MANIFEST}) + "".join(unclear[:2])
    kept = set(passed) <= {MANIFEST} and not unclear and len(harmless) <= rounds
    return _figure("damaged release", told, "refused with one line that names the folder", kept)


# ----------------------------------------------------------------------------------------- labels


def killed(rounds: int, seed: int) -> Figure:
    chance = random.Random(seed)
    told: set[int] = set()
    lost: set[int] = set()
    strange = 0
    with _folder() as home:
        for number in range(rounds):
            with serving(home) as service:
                stop = threading.Event()

                def write(name: str, service: Service = service, stop: threading.Event = stop) -> None:
                    turn = 0
                    while not stop.is_set():
                        turn += 1
                        with contextlib.suppress(httpx.HTTPError):
                            response = _say(service, name, turn)
                            if response.status_code == 201:
                                told.update(label["id"] for label in response.json()["saved"])

                writers = [threading.Thread(target=write, args=(f"w{number}{n}",)) for n in range(4)]
                for writer in writers:
                    writer.start()
                time.sleep(chance.uniform(0.5, 4))
                service.kill()
                stop.set()
                for writer in writers:
                    writer.join()
        with serving(home) as service:
            kept = _kept(service)
            lost = told - kept
            strange = int("damaged" in service.errors.read_text())
    found = (
        f"{rounds} kills, {len(told):,} labels told saved, {len(lost)} lost, {len(kept - told)} saved untold"
    )
    return _figure(
        "kill -9 while labels are written", found, "none lost", bool(told) and not lost and not strange
    )


def damaged_labels() -> Figure:
    """The store damaged while the service is down: found at the start, put back, told in one line."""
    with _folder() as home:
        with serving(home) as service:
            for number in range(20):
                _say(service, "ada", number)
        with serving(home) as service:  # this start makes a copy
            before = _kept(service)
            _say(service, "ada", 99)
        path = home / "labels.sqlite3"
        data = bytearray(path.read_bytes())
        data[100:4_000] = bytes(3_900)
        path.write_bytes(data)
        with serving(home) as service:
            after = _kept(service)
            said = service.errors.read_text().strip()
        bad = home / "backups"
        shutil.rmtree(bad)
        path.write_bytes(b"no database" * 1_000)
        code, refusal = refused(command(), home)
    told = f"{len(before)} labels, then {len(after)}: {said.replace(str(home), '…')}"
    told += f"; without a copy: exit {code}, {refusal[-150:]}"
    kept = before <= after and "was damaged" in said and "\n" not in said and _is_one_line(code, refusal)
    return _figure("damaged labels", told, "found, put back, one line; without a copy one line, exit 2", kept)


def full_disk() -> Figure:
    with _small_disk(4) as disk:
        if disk is None:
            return Figure("faults", "full disk of labels", "not tried: nothing may be mounted here")
        with serving(disk) as service:
            first = _say(service, "ada", 1)
            saved = {label["id"] for label in first.json()["saved"]}
            filler = _fill(disk)
            refusals = []
            for number in range(2, 3_000):  # the log has some room of its own
                response = _say(service, "ada", number)
                if response.status_code == 201:
                    saved |= {label["id"] for label in response.json()["saved"]}
                else:
                    refusals.append(response)
                    if len(refusals) == 3:
                        break
            reads = _analyze(service).status_code
            filler.unlink()
            again = _say(service, "ada", 0)
            said = service.errors.read_text()
        with serving(disk) as service:
            left = _kept(service)
    told = f"{len(saved)} saved, then {[r.status_code for r in refusals]}: {refusals[0].text[:120] if refusals else ''}"
    told += f"; articles {reads}; with room again {again.status_code}"
    kept = first.status_code == again.status_code == 201 and {r.status_code for r in refusals} == {503}
    kept = kept and reads == 200 and saved <= left and "Traceback" not in said
    return _figure(
        "full disk of labels", told, "503 in words, articles go on, none lost, mends by itself", kept
    )


def read_only_home() -> Figure:
    with _small_disk(2) as home:
        if home is None:
            return Figure("faults", "labels that cannot be written", "not tried: nothing may be mounted here")
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        with serving(home) as service:
            article, label = _analyze(service), _say(service, "ada", 1)
            said = service.errors.read_text().strip()
    told = f"articles {article.status_code}, labels {label.status_code}: {label.text[:150]}".replace(
        str(home), "…"
    )
    kept = article.status_code == 200 and label.status_code == 503 and "Traceback" not in said
    return _figure("labels that cannot be written", told, "503 in words, articles go on", kept)


def full_temporary_folder() -> Figure:
    with _small_disk(3) as disk, _folder() as home:
        if disk is None:
            return Figure(
                "faults", "full folder for temporary files", "not tried: nothing may be mounted here"
            )
        with serving(home, env={"TMPDIR": str(disk)}) as service:
            filler = _fill(disk)
            article = _analyze(service).status_code
            url = f"{service.url}/v1/archives?name=a.jsonl"
            rows = b'{"text": "Oslo met Riga on Monday. Riga thanked Oslo. They met in Suva."}\n' * 300
            ends = []
            for _ in range(2):
                begun = httpx.post(url, content=rows, timeout=PATIENCE_S, trust_env=False)
                if begun.status_code != 202:
                    ends.append(f"{begun.status_code} {begun.text[:90]}")
                else:
                    token = begun.json()["id"]
                    state: dict[str, Any] = {}

                    def is_over(token: str = token, state: dict[str, Any] = state) -> bool:
                        state |= httpx.get(
                            f"{service.url}/v1/archives/{token}", timeout=PATIENCE_S, trust_env=False
                        ).json()
                        return state["state"] != "running"

                    until(is_over, 120)
                    ends.append(f"{state['state']} {state['problem']}")
                filler.unlink(missing_ok=True)
            said = service.errors.read_text()
    told = f"articles {article}; archive while full: {ends[0]}; with room again: {ends[1]}"
    kept = article == 200 and ends[1].startswith("done") and "space" in ends[0] and "Traceback" not in said
    return _figure("full folder for temporary files", told, "said in words, mends by itself", kept)


# ----------------------------------------------------------------------------------- clock, memory


def clock_jumps() -> Figure:
    """The wall clock two days on and two days back: deadlines, results kept and archives do not notice."""
    with _folder() as home:
        clock = home / "clock"
        clock.write_text("0")
        env = {"PYTHONPATH": str(Path(__file__).with_name("fake_clock")), "DIPLOTONE_FAKE_CLOCK": str(clock)}
        statuses, kept_results = [], []
        with serving(home, "deadline_s=30.0", "keep_files_s=60.0", env=env) as service:
            row = b'{"text": "Oslo met Riga on Monday. Riga thanked Oslo. They met in Suva."}\n'
            url = f"{service.url}/v1/archives"
            for jump in (0, 172_800, -172_800, 0):
                clock.write_text(str(jump))
                statuses.append(_analyze(service).status_code)
                begun = httpx.post(
                    url, params={"name": "a.jsonl"}, content=row, timeout=PATIENCE_S, trust_env=False
                )
                clock.write_text(str(-jump))
                httpx.post(
                    url, params={"name": "b.jsonl"}, content=row, timeout=PATIENCE_S, trust_env=False
                )  # sweeps
                kept_results.append(
                    httpx.get(f"{url}/{begun.json()['id']}", timeout=PATIENCE_S, trust_env=False).status_code
                )
            said = service.errors.read_text()
    told = f"articles {statuses}, results kept {kept_results}"
    kept = set(statuses) == set(kept_results) == {200} and "Traceback" not in said
    return _figure("clock jumps", told, "nothing is dropped early or refused", kept)


def _limit(megabytes: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2)


def little_memory_at_start(rounds: int) -> Figure:
    """Too little address space to start: one line and exit 2, or it starts."""
    told, kept = [], True
    with _folder() as home:
        for megabytes in MEMORY_LIMITS_MB[: max(2, rounds)]:
            code, said = _start_within(megabytes, home)
            lines = said.splitlines()
            refusal = f"exit {code}, {lines[-1][:100] if lines else 'silence'}"
            told.append(f"{megabytes} MB: {'starts' if code == 0 else refusal}")
            kept = kept and (code == 0 or _is_one_line(code, said))
    return _figure("little memory at the start", "; ".join(told), "starts, or one line and exit 2", kept)


def _start_within(megabytes: int, home: Path) -> tuple[int, str]:
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(home),
            preexec_fn=_limit(megabytes),
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if line:
            process.terminate()
        process.communicate(timeout=60)
        errors.seek(0)
        return (0 if line else process.returncode), errors.read().strip()


def memory_runs_out() -> Figure:
    """A running service may have a few megabytes more and no others: texts are refused in words, and it recovers."""
    text = " ".join(f"Oslo accused Riga of theft number {n} and thanked Suva." for n in range(3_500))
    with _folder() as home, serving(home) as service:
        _analyze(service)
        status = Path(f"/proc/{service.process.pid}/status").read_text()
        size = int(status.split("VmSize:")[1].split()[0]) * 1_024
        resource.prlimit(service.process.pid, resource.RLIMIT_AS, (size + 20_000_000, resource.RLIM_INFINITY))
        statuses = []
        for _ in range(3):
            try:
                statuses.append(str(_analyze(service, text).status_code))
            except httpx.HTTPError as error:
                statuses.append(type(error).__name__)
        lives = service.process.poll() is None
        if lives:
            resource.prlimit(service.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        after = _analyze(service).status_code if lives else 0
        said = service.errors.read_text().strip()
    last = said.splitlines()[-1][:120] if said else "nothing said"
    told = f"long articles {statuses}, lives: {lives}, with memory again {after}; {last}"
    kept = lives and after == 200 and set(statuses) <= {"200", "503"}
    return _figure("memory runs out", told, "200 or 503, the service lives and recovers", kept)
