"""``make demo``'s own journey: what it prints, how it ends, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from display import desktop, eventually, missing_programs
from terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(240)

REMINDER = "您的数字证书已过期961天,请及时更新数字证书!过期后将不能用于电子签名或登录,请尽快更新!"


@pytest.fixture
def demo_environment(short_folder):
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    # By hand, also where make runs the tests: a demo below make ends otherwise.
    without = ("DISPLAY", "WAYLAND_DISPLAY", "MAKELEVEL", "MAKEFLAGS")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    own = {"ODC_HOME": str(short_folder / "demo"), "XDG_RUNTIME_DIR": str(runtime)}
    return {**kept, **own, "ODC_LANGUAGE": "zh_CN"}


def start_demo(environment):
    # As a terminal starts it: what is run in the background inherits that Ctrl-C is ignored.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "sandbox", "demo"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def processes_of(environment):
    """Command lines of all processes that work in the demo's folder."""
    folder = os.fsencode(environment["ODC_HOME"])
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
    return found


def test_the_demo_renews_an_expired_certificate_and_starts_afresh_the_next_time(demo_environment):
    for _ in range(2):
        demo = start_demo(demo_environment)
        said, complaints = demo.communicate(timeout=110)
        assert demo.returncode == 0, complaints
        assert not complaints
        lines = said.splitlines()
        assert f"● 提醒:{REMINDER}" in lines
        first, second = said.split("插入国密 SKF 电子钥匙")
        for part, holder in (
            (first, "深圳市样例有限公司  RSA 2048"),
            (second, "广州市样例有限公司  SM2"),
        ):
            assert f"签名证书-{holder}  -961 天" in part.partition("证照更新:一键更新")[0]
            for use in ("签名", "加密"):
                assert f"{use}证书-{holder}  +365 天" in part.partition("更新后")[2]
        assert lines[-1] == "您的新证书已安装成功!"
        assert not processes_of(demo_environment)


@pytest.mark.parametrize("until", ["启动证书服务中心", "启动客户端", "输入证书密码", "审核中"])
def test_ctrl_c_at_any_moment_leaves_nothing_running(demo_environment, until):
    demo = start_demo(demo_environment)
    for line in demo.stdout:
        if until in line:
            break
    assert processes_of(demo_environment)
    demo.send_signal(signal.SIGINT)
    _, complaints = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert "Traceback" not in complaints
    deadline = time.monotonic() + 10
    while (left := processes_of(demo_environment)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_ctrl_c_ends_make_without_a_complaint(demo_environment, tmp_path):
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"demo:\n\t@{sys.executable} -m sandbox demo\n")
    screen = Terminal(["make", "-C", str(ROOT), "-f", str(makefile)], demo_environment)
    with screen:
        screen.wait_for("启动客户端")
        screen.interrupt()
        screen.end()
    assert "***" not in screen.shown
    assert "已停止。" in screen.shown


def test_the_demo_never_empties_a_folder_that_is_not_its_own(demo_environment):
    folder = Path(demo_environment["ODC_HOME"])
    folder.mkdir()
    (folder / "renewals.sqlite").write_text("precious")
    demo = start_demo(demo_environment)
    _, complaints = demo.communicate(timeout=30)
    assert demo.returncode == 1
    assert "Traceback" not in complaints
    assert (folder / "renewals.sqlite").read_text() == "precious"


def test_with_a_display_the_demo_stays_until_it_is_closed_in_the_tray(short_folder):
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with desktop() as screen:
        environment = {**screen.environment, "ODC_LANGUAGE": "zh_CN"}
        environment["ODC_HOME"] = str(short_folder / "demo")
        demo = start_demo(environment)
        for line in demo.stdout:
            if "可继续试用" in line:
                break
        assert demo.poll() is None
        assert eventually(lambda: "还有365天到期" in screen.menu())
        screen.click("退出")
        assert demo.wait(30) == 0, demo.stderr.read()
        demo.communicate()
        assert not processes_of(environment)
