"""Which driver a worker takes for a library."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from soft_token import MODULE

from agent.ground.reports import ReportedError
from agent.tokens.model import ModuleKind, ModuleSettings
from agent.tokens.supervisor import ModuleWorker


async def told_of(settings: ModuleSettings) -> ReportedError:
    worker = ModuleWorker(settings)
    try:
        with pytest.raises(ReportedError) as caught:
            await worker.content()
    finally:
        await worker.close()
    return caught.value


@pytest.mark.parametrize("kind", [None, *ModuleKind])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "未安装"),
        (b"", "不是本系统的动态库"),
        (b"hello\n", "不是本系统的动态库"),
        (b"MZ" + bytes(100), "不是本系统的动态库"),
        (b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x03\0\x03\0" + bytes(32), "32 位"),
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\xb7\0" + bytes(44), "其他架构"),
    ],
)
async def test_what_is_no_library_here_is_told_of_in_the_readers_language(
    tmp_path, kind, content, reason
):
    library = tmp_path / "vendor.so"
    if content is not None:
        library.write_bytes(content)
    error = await told_of(ModuleSettings(path=str(library), kind=kind))
    assert error.code == "module_not_loaded"
    assert reason in error.reported.message_zh
    assert str(library) in error.reported.message_zh


async def test_a_folder_is_no_library_either(tmp_path):
    error = await told_of(ModuleSettings(path=str(tmp_path), kind=ModuleKind.SKF))
    assert "未安装" in error.reported.message_zh


async def test_a_library_whose_kind_is_said_is_spoken_to_so(tokens):
    worker = ModuleWorker(msgspec.structs.replace(tokens.settings, kind=ModuleKind.PKCS11))
    try:
        assert len((await worker.content()).tokens) == 1
    finally:
        await worker.close()


async def test_a_library_that_is_said_to_be_skf_is_not_loaded_as_something_else(tokens):
    settings = msgspec.structs.replace(tokens.settings, kind=ModuleKind.SKF)
    error = await told_of(settings)
    assert error.code == "module_not_loaded"
    assert "libsofthsm2.so" in error.reported.message
    assert "SKF" in error.reported.message_zh


async def test_a_library_that_has_the_name_of_skf_is_spoken_to_so(tmp_path):
    library = Path(shutil.copy(MODULE, tmp_path / "vendor_p11.so"))
    content = library.read_bytes().replace(b"C_GetFunctionList", b"SKF_EnumDev\0xxxxx")
    library.write_bytes(content)
    error = await told_of(ModuleSettings(path=str(library)))
    assert (error.code, "SKF" in error.reported.message) == ("module_not_loaded", True)
