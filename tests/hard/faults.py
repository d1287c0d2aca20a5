"""What happens to machines: full disks, folders closed to writing, kills, damaged files, clocks that jump, no memory.

In each case the service must go on, or say in one line why not and exit with 2; and no label that it called saved may
be lost.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
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
from .service import ROOT, Service, command, environment, refused, serving, until

PATIENCE_S = 300.0
"""For an answer: these tests are about what is answered, not how soon, and the machine may be busy."""

ARTICLE = "Oslo accused Riga of theft on Monday. Riga thanked Oslo for its calm. They met in Suva for talks."
MEMORY_LIMITS_MB = (300, 700, 1_200, 1_800, 2_500)
HEADROOMS_MB = (5, 60, 300)
"""Of address space, beyond what the service has when it has read an article."""
CLOSED = ("Read-only file system", "Permission denied", "readonly database", "unable to open database file")
"""What the system, or SQLite, says of what is closed to writing."""
ENDED = {ended.__name__ for ended in (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)}
"""What becomes of a request for whose very bytes, or for whose refusal, the server finds no memory."""

ARCHIVE = 1
"""Place of the large request among those that meet the limit."""

RECOVERY_S = 10.0


def run(rounds: int, seed: int = 1, only: str = "") -> list[Figure]:
    """Let everything happen; kills and damages `rounds` times each."""
    faults: dict[str, Callable[[], Figure]] = {
        "port taken": port_taken,
        "one port, two services at once": one_port_two_services,
        "damaged release": lambda: damaged_release(rounds, seed),
        "kill -9 while labels are written": lambda: killed(rounds, seed),
        "damaged labels": damaged_labels,
        "full disk of labels": full_disk,
        "a home that is read-only": read_only_home,
        "full folder for temporary files": full_temporary_folder,
        "clock jumps": clock_jumps,
        "little memory at the start": lambda: little_memory_at_start(rounds),
        "memory runs out": memory_runs_out,
        "memory of a container runs out": container_runs_out,
        "files that may not grow": files_may_not_grow,
        "memory runs out while one process scores": lambda: scoring_is_stopped(1, _take_memory),
        "memory runs out while two processes score": lambda: scoring_is_stopped(2, _take_memory),
        "a scoring process is killed for its memory": lambda: scoring_is_stopped(2, _kill),
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


def _not_tried(what: str, why: str) -> Figure:
    return Figure("faults", what, f"not tried: {why}", kept=None)


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
            return _not_tried("full disk of labels", "nothing may be mounted here")
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


@contextlib.contextmanager
def _closed(home: Path, is_mounted: bool) -> Iterator[Callable[[], None] | None]:
    """Close a folder to writing and yield what a process must do first to be bound by that.

    A read-only disk binds everybody; rights bind root only after it has given up the power to pass them by.
    """
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        yield None
        return
    inside = [home, *home.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield _give_up_passing_rights if os.geteuid() == 0 else None
    finally:
        for path in inside:
            path.chmod(0o755 if path.is_dir() else 0o644)


def _give_up_passing_rights() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if libc.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP: what is started from here never has it
            raise PermissionError(ctypes.get_errno(), "root may not give up its powers here")


def read_only_home() -> Figure:
    """Labels were given and a release was put into use while the home could be written; now it cannot."""
    what = "a home that is read-only"
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(_small_disk(200))
        home = disk or stack.enter_context(_folder())
        with serving(home) as service:
            _say(service, "ada", 1)
            _change(service, "releases/promote", {"candidate": "shipped"})
        before_start = stack.enter_context(_closed(home, disk is not None))
        with serving(home, before=before_start) as service:
            article, label = _analyze(service), _say(service, "ada", 2)
            changes = {
                name: _change(service, f"releases/{name}", body)
                for name, body in (("promote", {"candidate": "shipped"}), ("rollback", {}))
            }
            changes["retrain"] = _change(service, "retrain", {})
            said = service.errors.read_text().strip()
    told = f"articles {article.status_code}, labels {label.status_code} {label.text[:150]}; "
    told += "; ".join(f"{name} {answer.status_code} {answer.text[:150]}" for name, answer in changes.items())
    kept = article.status_code == 200 and label.status_code == 503
    kept = kept and all(400 <= a.status_code < 504 and a.status_code != 500 for a in changes.values())
    kept = kept and all(any(word in a.text for word in CLOSED) for a in changes.values())
    kept = kept and "Traceback" not in said
    return _figure(what, told.replace(str(home), "…"), "changes are refused in words, articles go on", kept)


def _change(service: Service, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{service.url}/v1/{path}", json=body, timeout=PATIENCE_S, trust_env=False)


def full_temporary_folder() -> Figure:
    with _small_disk(3) as disk, _folder() as home:
        if disk is None:
            return _not_tried("full folder for temporary files", "nothing may be mounted here")
        with serving(home, env={"TMPDIR": str(disk)}) as service:
            filler = _fill(disk)
            article = _analyze(service).status_code
            rows = b'{"text": "Oslo met Riga on Monday. Riga thanked Oslo. They met in Suva."}\n' * 300
            ends = []
            for _ in range(2):
                ends.append(_archive(service, rows))
                filler.unlink(missing_ok=True)
            said = service.errors.read_text()
    told = f"articles {article}; archive while full: {ends[0]}; with room again: {ends[1]}"
    kept = article == 200 and ends[1].startswith("done") and "space" in ends[0] and "Traceback" not in said
    return _figure("full folder for temporary files", told, "said in words, mends by itself", kept)


def _archive(service: Service, rows: bytes) -> str:
    """Have an archive scored, and return how it ended."""
    begun = _send(service, "/v1/archives?name=a.jsonl", rows)
    if begun.status_code != 202:
        return f"{begun.status_code} {begun.text[:90]}"
    url = f"{service.url}/v1/archives/{begun.json()['id']}"
    state: dict[str, Any] = {}

    def is_over() -> bool:
        state.update(httpx.get(url, timeout=PATIENCE_S, trust_env=False).json())
        return state["state"] != "running"

    until(is_over, 120)
    return f"{state['state']} {state['problem'] or ''}".strip()


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
    """A running service may have a little more memory and no more: refusals in words, it recovers, no label is lost."""
    text = " ".join(f"Oslo accused Riga of theft number {n} and thanked Suva." for n in range(3_500))
    rows = b'{"text": "Oslo met Riga on Monday. Riga thanked Oslo."}\n' * 300_000
    told, kept = [], True
    for more_mb in HEADROOMS_MB:
        with _folder() as home:
            with serving(home, "max_archive_rows=1_000_000") as service:
                _analyze(service)
                answers = [_attempt(_say, service, "ada", 1)]
                limit = _address_space(service.process.pid) + more_mb * 1_000_000
                resource.prlimit(service.process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
                answers += [
                    _attempt(_analyze, service, text),
                    _attempt(_send, service, "/v1/archives?name=a.jsonl", rows),
                    _attempt(_send, service, "/page/files?name=a.txt", b"Oslo met Riga."),
                    _attempt(_say, service, "ada", 2),
                ]
                lives = service.process.poll() is None
                if lives:
                    no_limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                    resource.prlimit(service.process.pid, resource.RLIMIT_AS, no_limit)
                after = [_once_recovered(_analyze, service), _once_recovered(_say, service, "ada", 3)]
                last = service.errors.read_text().strip().splitlines()[-1:]
            with serving(home) as service:
                lost = set().union(*map(_saved, [*answers, *after])) - _kept(service)
        statuses = [_status(answer) for answer in answers[1:]]
        told.append(
            f"{more_mb} MB more: long article, archive, file, label {statuses}, then {[*map(_status, after)]}"
            + f", {len(lost)} labels lost" * bool(lost)
            + ("" if lives else f", ended: {last}")
        )
        is_least = more_mb == min(HEADROOMS_MB)  # then a small request's connection may be ended too
        may_end = {n for n in range(len(statuses)) if n == ARCHIVE or is_least}
        answered = {s for n, s in enumerate(statuses) if not (n in may_end and s in ENDED)}
        kept = kept and lives and not lost and answered <= {200, 201, 202, 503}
        kept = kept and [*map(_status, after)] == [200, 201]
    promise = (
        "answered, or 503 in words, or, a large request's or with next to no memory, the connection ended; recovers,"
        " none lost"
    )
    return _figure("memory runs out", "; ".join(told), promise, kept)


def _once_recovered(ask: Callable[..., httpx.Response], *arguments: Any) -> httpx.Response | httpx.HTTPError:
    """The first answer that is no refusal, or the last one where there is none in time."""
    give_up = time.monotonic() + RECOVERY_S
    while True:
        answer = _attempt(ask, *arguments)
        if _status(answer) in (200, 201) or time.monotonic() > give_up:
            return answer
        time.sleep(0.5)


def _attempt(ask: Callable[..., httpx.Response], *arguments: Any) -> httpx.Response | httpx.HTTPError:
    try:
        return ask(*arguments)
    except httpx.HTTPError as error:
        return error


def _status(answer: httpx.Response | httpx.HTTPError) -> int | str:
    return answer.status_code if isinstance(answer, httpx.Response) else type(answer).__name__


def _saved(answer: httpx.Response | httpx.HTTPError) -> set[int]:
    if not isinstance(answer, httpx.Response) or answer.status_code != 201:
        return set()
    return {label["id"] for label in answer.json()["saved"]}


def _send(service: Service, path: str, body: bytes) -> httpx.Response:
    return httpx.post(service.url + path, content=body, timeout=PATIENCE_S, trust_env=False)


def _address_space(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmSize:")[1].split()[0]) * 1_024


@contextlib.contextmanager
def _container() -> Iterator[Path | None]:
    """A control group of its own for memory, or None where none may be made."""
    folders = Path("/proc/self/cgroup").read_text().splitlines()
    mine = next((line.rpartition(":")[2] for line in folders if ":memory:" in line), None)
    group = Path(f"/sys/fs/cgroup/memory{mine}", f"diplotone-hard-{os.getpid()}")
    try:
        if mine is None:
            raise FileNotFoundError("version 1 of control groups")
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        yield group
    finally:
        until(lambda: not (group / "cgroup.procs").read_text(), 30)
        group.rmdir()


def container_runs_out() -> Figure:
    """A file that needs more than a container has left: its own process is ended, and the service goes on."""
    what = "memory of a container runs out"
    page = b"<html><body><article>" + b"<p>Oslo <b>met</b> Riga.</p>" * 330_000 + b"</article></body></html>"
    with _container() as group:
        if group is None:
            return _not_tried(what, "no control group may be made here")
        with _folder() as home, serving(home) as service:
            _analyze(service)
            labels = _saved(_say(service, "ada", 1))
            limit = int(service.resident_mb() + 250) * 1_000_000
            (group / "memory.limit_in_bytes").write_text(str(limit))
            for task in Path(f"/proc/{service.process.pid}/task").iterdir():
                (group / "tasks").write_text(task.name)
            answer = _attempt(_send, service, "/page/files?name=a.html", page)
            ended = (group / "memory.oom_control").read_text().split("oom_kill ")[-1].split()[0]
            after = [_attempt(_analyze, service), _attempt(_say, service, "ada", 2)]
            lost = (labels | _saved(after[1])) - (_kept(service) if service.process.poll() is None else set())
    words = answer.text[:120] if isinstance(answer, httpx.Response) else str(answer)
    told = f"file {_status(answer)} {words}, {ended} processes ended; then {[*map(_status, after)]}"
    kept = _status(answer) == 400 and [*map(_status, after)] == [200, 201] and not lost
    return _figure(what, told, "the file is refused in words, the service goes on", kept)


def files_may_not_grow() -> Figure:
    """The nearest thing to a full disk that needs no rights: archives and labels fail in the middle of a write."""
    row = b'{"text": "Oslo met Riga on Monday. Riga thanked Oslo. They met in Suva."}\n'
    with _folder() as home:
        with serving(home) as service:
            saved = _saved(_say(service, "ada", 1))
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
            archives = [_archive(service, row * 1_000)]
            labels = []
            for number in range(2, 3_000):
                labels.append(_say(service, "ada", number))
                saved |= _saved(labels[-1])
                if labels[-1].status_code != 201:
                    break
            reads = _analyze(service).status_code
            no_limit = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, no_limit)
            archives.append(_archive(service, row * 10))
            labels.append(_say(service, "ada", 0))
            saved |= _saved(labels[-1])
        with serving(home) as service:
            lost = saved - _kept(service)
    refusal = labels[-2]
    told = f"archive {archives[0]}; label {refusal.status_code} {refusal.text[:110]}; articles {reads}; with room again"
    told += f" {archives[1]}, {labels[-1].status_code}; {len(saved)} labels saved, {len(lost)} lost"
    kept = "File too large" in archives[0] and archives[1].startswith("done") and not lost
    kept = kept and (refusal.status_code, reads, labels[-1].status_code) == (503, 200, 201)
    return _figure("files that may not grow", told, "said in words, none lost, mends by itself", kept)


def _take_memory(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_AS, (1_000_000, resource.RLIM_INFINITY))


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def scoring_is_stopped(workers: int, stop: Callable[[int], None]) -> Figure:
    """Something happens to one of the processes that score, in the middle of it; the same command goes on."""
    happens = "killed" if stop is _kill else "left without memory"
    what = f"one of {workers} scoring processes is {happens}"
    with _folder() as place:
        rows, out, whole = place / "in.jsonl", place / "out.jsonl", place / "whole.jsonl"
        with rows.open("w") as file:
            for n in range(1_000):
                text = f"Oslo accused Riga of theft {n} and thanked Suva{' for its help' * (n % 40)}."
                file.write(json.dumps({"text": text}) + "\n")
        score = [sys.executable, "-m", "diplotone.model", "score", str(rows)]
        score += ["--workers", str(workers), "--rows-per-shard", "100"]
        env = environment(place)
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen([*score, "-o", str(out)], stderr=errors, env=env, cwd=ROOT)
            done = place / "out.jsonl.shards" / "_done.jsonl"
            until(lambda: done.exists() and done.read_text().count("\n") > 1, PATIENCE_S)
            stop(process.pid if workers == 1 else _workers_of(process.pid)[0])
            code = process.wait(timeout=PATIENCE_S)
            errors.seek(0)
            said = errors.read().strip().replace(str(place), "…")
        halves = list(place.rglob("*.half-*"))
        again = subprocess.run([*score, "-o", str(out)], capture_output=True, text=True, env=env, cwd=ROOT)
        subprocess.run([*score, "-o", str(whole)], capture_output=True, env=env, cwd=ROOT, check=True)
        same = out.exists() and out.read_bytes() == whole.read_bytes()
    told = f"exit {code}: {said[-300:]}; again: {again.stderr.strip()[-60:]}; the same as in one go: {same}"
    kept = code == 2 and "memory" in said and "\n" not in said and again.returncode == 0 and same
    kept = kept and (not halves or workers > 1) and "were there already" in again.stderr
    return _figure(what, told, "one line, exit 2; the same command goes on to the same bytes", kept)


def _workers_of(parent: int) -> list[int]:
    """Its scoring processes; multiprocessing keeps another one beside them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            its_parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if its_parent == parent and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
