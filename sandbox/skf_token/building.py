"""Building the library: C, by the system's compiler, once for each shape and state of the source."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from agent.system.runtime import home_override
from sandbox.home import SandboxError
from sandbox.words import words

SOURCE = Path(__file__).with_name("library")
_FLAGS = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared")
_FLAGS_OF_UNIX = ("-fPIC", "-fvisibility=hidden", "-pthread")


@dataclass(frozen=True)
class Shape:
    """What the standard leaves open, or vendors read otherwise."""

    ulong_bytes: int = 4
    is_packed: bool = True

    @property
    def file_name(self) -> str:
        """Name of the library in this shape."""
        packing = "packed" if self.is_packed else "aligned"
        return f"libodcskf-ulong{self.ulong_bytes}-{packing}.so"

    @property
    def flags(self) -> tuple[str, ...]:
        """What the compiler is told of it."""
        packed = ("-DSKF_PACKED",) if self.is_packed else ()
        return (f"-DSKF_ULONG_BYTES={self.ulong_bytes}", *packed)


SHAPES = tuple(Shape(ulong, packed) for ulong in (4, 8) for packed in (True, False))


STANDARD = Shape()


def library(shape: Shape = STANDARD, folder: Path | None = None) -> Path:
    """Return the library in a shape, built where it is not yet.

    Args:
        shape: of its structures.
        folder: where it is built; without one a folder named by the source's hash in the user's cache, or
            below ``ODC_HOME``.

    Raises:
        SandboxError: there is no compiler, or it fails.
    """
    built = (folder or _cache() / source_hash()) / shape.file_name
    if not built.exists():
        built.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not at all: several may build at once.
        with tempfile.TemporaryDirectory(dir=built.parent) as draft:
            made = Path(draft) / shape.file_name
            _compile(made, shape)
            made.replace(built)
    return built


def sources() -> list[Path]:
    """Return the files of the library."""
    return sorted(SOURCE.glob("*.[ch]"))


def source_hash() -> str:
    """Return what names a state of the source, and of how it is built."""
    content = b"".join(source.read_bytes() for source in (*sources(), Path(__file__)))
    return hashlib.sha256(content).hexdigest()[:16]


def _cache() -> Path:
    override = home_override()
    cache = override / "cache" if override else platformdirs.user_cache_path("odc-sandbox")
    return cache / "skf-library"


def _compile(made: Path, shape: Shape) -> None:
    files = [os.fspath(source) for source in sources() if source.suffix == ".c"]
    command = ["gcc", *_FLAGS, *_FLAGS_OF_UNIX, *shape.flags, "-o", os.fspath(made), *files]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise SandboxError(
            words(
                "没有安装 gcc,无法编译虚拟 SKF 钥匙的接口库:请安装 gcc 和 libc6-dev。",
                "The library of the virtual SKF token cannot be built: install gcc and libc6-dev.",
            )
        ) from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise SandboxError(
            words(f"接口库编译失败:{reason}", f"The library could not be built: {reason}")
        )
