"""Building the library: C, by gcc, once for each shape, system and state of the source."""

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


@dataclass(frozen=True)
class Target:
    """For which system, and in how many bits."""

    compiler: str
    packages: str
    """Debian's, which bring it."""
    suffix: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """What the compiler is told before and after the sources."""


LINUX = Target("gcc", "gcc, libc6-dev", ".so", before=("-fPIC", "-fvisibility=hidden", "-pthread"))
# Names are exported as the standard has them: without the @12 that 32-bit __stdcall adds.
_WINDOWS = ("-static", "-Wl,--kill-at", "-lws2_32")
WINDOWS_64 = Target(
    "x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64-win32", "-x64.dll", after=_WINDOWS
)
WINDOWS_32 = Target("i686-w64-mingw32-gcc", "gcc-mingw-w64-i686-win32", "-x86.dll", after=_WINDOWS)


@dataclass(frozen=True)
class Shape:
    """What the standard leaves open, or vendors read otherwise."""

    ulong_bytes: int = 4
    is_packed: bool = True
    has_int_handles: bool = False
    """HANDLE is an int; here a negative one."""
    waits_by_value: bool = False
    """SKF_WaitForDevEvent takes the length of a name itself."""

    @property
    def name(self) -> str:
        """What tells it from others."""
        packed = "packed" if self.is_packed else "aligned"
        odd = "-int" * self.has_int_handles + "-value" * self.waits_by_value
        return f"ulong{self.ulong_bytes}-{packed}{odd}"

    @property
    def flags(self) -> tuple[str, ...]:
        """What the compiler is told of it."""
        defined = {
            "SKF_PACKED": self.is_packed,
            "SKF_INT_HANDLES": self.has_int_handles,
            "SKF_LENGTH_BY_VALUE": self.waits_by_value,
        }
        named = [f"-D{name}" for name, is_so in defined.items() if is_so]
        return (f"-DSKF_ULONG_BYTES={self.ulong_bytes}", *named)


SHAPES = tuple(Shape(ulong, packed) for ulong in (4, 8) for packed in (True, False))
ODD_SHAPES = (
    Shape(ulong_bytes=8, has_int_handles=True),
    Shape(has_int_handles=True),
    Shape(waits_by_value=True),
)
"""As single vendors' libraries are."""

STANDARD = Shape()


def library(shape: Shape = STANDARD, folder: Path | None = None, target: Target = LINUX) -> Path:
    """Return the library in a shape, built where it is not yet.

    Args:
        shape: of its structures.
        folder: where it is built; without one a folder named by the source's hash in the user's cache, or
            below ``ODC_HOME``.
        target: the system it is for.

    Raises:
        SandboxError: there is no compiler, or it fails.
    """
    built = (folder or _cache() / source_hash()) / f"libodcskf-{shape.name}{target.suffix}"
    if not built.exists():
        built.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not at all: several may build at once.
        with tempfile.TemporaryDirectory(dir=built.parent) as draft:
            made = Path(draft) / built.name
            _compile(made, shape, target)
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


def _compile(made: Path, shape: Shape, target: Target) -> None:
    files = [os.fspath(source) for source in sources() if source.suffix == ".c"]
    options = [*_FLAGS, *target.before, *shape.flags, "-o", os.fspath(made)]
    command = [target.compiler, *options, *files, *target.after]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise SandboxError(
            words(
                f"无法编译虚拟 SKF 钥匙的接口库:请安装 {target.packages}。",
                f"The library of the virtual SKF token cannot be built: install {target.packages}.",
            )
        ) from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise SandboxError(
            words(f"接口库编译失败:{reason}", f"The library could not be built: {reason}")
        )
