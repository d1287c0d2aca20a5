"""The HTTP interface by its own description: schemathesis sends what the description allows, and what it does not.

No answer may be a fault of the service, have a status that is not described, or be of another form than described.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .figures import Figure
from .service import serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
CASES = re.compile(r"([\d,]+) generated")
SMALL = ("max_chars=2_000", "max_records=20", "max_archive_rows=20", "deadline_s=30.0")
"""Limits that random requests reach."""


def run(examples: int, seed: int = 1) -> list[Figure]:
    """Send up to `examples` requests to each operation, and as many for each of its edges."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), *SMALL) as service:
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json",
                "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", str(seed),
                "--phases", "examples,coverage,fuzzing", "--mode", "all", "--no-color", "--workers", "1",
                "--request-timeout", "60", "--generation-database", "none",
            ],
            capture_output=True, text=True, cwd=folder, check=False,
        )  # fmt: skip
        alive = service.process.poll() is None
        traces = service.errors.read_text().count("Traceback")
    if done.returncode:
        print(done.stdout[-6_000:], done.stderr[-1_000:], file=sys.stderr)
    cases = CASES.search(done.stdout)
    told = (
        f"{cases[1] if cases else '?'} requests, exit code {done.returncode}, {traces} tracebacks in the log"
    )
    return [
        Figure(
            "OpenAPI",
            f"schemathesis, {examples} examples",
            told,
            "no 5xx, described statuses and forms only, the service lives",
            done.returncode == 0 and alive and not traces and cases is not None,
        )
    ]
