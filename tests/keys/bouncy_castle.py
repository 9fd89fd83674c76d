"""BouncyCastle in a process of its own: compiled once, then a line for each job and one for its answer."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(__file__).with_name("BouncyCastlePeer.java")
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcutil", "bcpkix"))
# Not by the command ecj: that of Debian 13 names one library of the two the compiler is in.
COMPILER = ":".join(
    f"/usr/share/java/{name}.jar"
    for name in ("eclipse-jdt-core", "eclipse-jdt-core-compiler-batch")
)
ECJ = ("java", "-cp", COMPILER, "org.eclipse.jdt.internal.compiler.batch.Main")


class BouncyCastle:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[BouncyCastle]:
        compiled = subprocess.run(
            [*ECJ, "-proc:none", "-nowarn", "-11", "-cp", JARS, "-d", folder, PROGRAM],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert compiled.returncode == 0, compiled.stderr
        with subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}:{folder}", PROGRAM.stem],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def ask(self, job: str, *arguments: bytes | str) -> str:
        words = [
            base64.b64encode(argument).decode() if isinstance(argument, bytes) else argument
            for argument in arguments
        ]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join((job, *words)) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")

    def made(self, job: str, *arguments: bytes | str) -> bytes:
        answer = self.ask(job, *arguments)
        assert not answer.startswith("error"), answer
        return base64.b64decode(answer)
