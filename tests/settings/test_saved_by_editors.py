"""Every text file the program reads, saved as editors save it; GBK is told with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from editors import SAVED

from agent.cli.ground.secret_input import _read_line
from agent.cli.papers.input_files import read_applicant
from agent.ground.errors import InvalidInputError
from agent.network.pac.scripts import read_script
from agent.renewals.authorities.password_file import PasswordFileError, password_of
from agent.settings.config import AuthoritySettings, ConfigError, load_config
from agent.settings.reading import load
from agent.settings.writing import write_key
from agent.tokens.discovery.well_known import read_tables
from native_host.browsers import BrowserTableError, load_browsers
from sandbox.authority.policy_file import read_policy_file
from sandbox.home import SandboxError

HINT = "save it as UTF-8"


@pytest.fixture(params=SAVED)
def save(request):
    """Write a text as some editor does, with the ends of lines that Windows has."""

    def write(file: Path, text: str) -> Path:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(SAVED[request.param](text.replace("\n", "\r\n")))
        return file

    return write


def in_gbk(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("gbk"))
    return file


def test_the_configuration_and_the_policy(paths, save):
    save(paths.config_file, '[reminders]\nquiet_hours = "22:00-08:00"  # 夜里\n')
    save(paths.policy_file, '[browser]\ndeny = ["https://bad.example"]\n')
    loaded = load(paths)
    assert loaded.problems == ()
    assert loaded.config == load_config(paths)
    assert loaded.config.reminders.quiet_hours == "22:00-08:00"
    assert loaded.config.browser.deny == ("https://bad.example",)


def test_a_key_is_changed_in_it(paths, save):
    save(paths.config_file, "# 我的设置\npoll_seconds = 7\n")
    write_key(paths.config_file, "language", "en")
    assert paths.config_file.read_text("utf-8").startswith("# 我的设置\n")
    assert load(paths).config.poll_seconds == 7


@pytest.mark.parametrize("name", ["config_file", "policy_file"])
def test_gbk_in_them_is_told(paths, name):
    in_gbk(getattr(paths, name), "language = 'en' # 语言\n")
    [problem] = load(paths).problems
    assert HINT in problem.message
    assert "另存为 UTF-8" in problem.message_zh
    with pytest.raises(ConfigError, match=HINT):
        load_config(paths)


TABLE = '[[module]]\nname = "自家驱动"\nvendor = "House"\nlinux = ["/opt/house.so"]\n'


def test_a_table_of_drivers(tmp_path, save):
    save(tmp_path / "house.toml", TABLE)
    entries, problems = read_tables([tmp_path])
    assert problems == ()
    assert "自家驱动" in {entry.name for entry in entries}


def test_a_table_of_drivers_in_gbk_is_told(tmp_path):
    in_gbk(tmp_path / "house.toml", TABLE)
    [problem] = read_tables([tmp_path])[1]
    assert HINT in str(problem)


BROWSERS = '[[browser]]\nname = "jia"\ntitle = "自家浏览器"\nkind = "chromium"\nenabled = false\n'


def test_a_table_of_browsers(tmp_path, save):
    save(tmp_path / "house.toml", "# 浏览器\n")
    assert load_browsers([tmp_path])


def test_a_table_of_browsers_in_gbk_is_told(tmp_path):
    in_gbk(tmp_path / "house.toml", "# 浏览器\n")
    with pytest.raises(BrowserTableError, match=HINT):
        load_browsers([tmp_path])


def test_an_applicant(tmp_path, save):
    file = save(tmp_path / "applicant.json", json.dumps({"name": "李〇一"}, ensure_ascii=False))
    assert read_applicant(file).name == "李〇一"


def test_an_applicant_in_gbk_is_told(tmp_path):
    file = in_gbk(tmp_path / "applicant.json", '{"name": "样例"}')
    with pytest.raises(InvalidInputError, match=HINT):
        read_applicant(file)


def plain(tmp_path: Path, password_file: Path) -> AuthoritySettings:
    return AuthoritySettings(
        name="plain", issuers=(), url="https://est.example", profile="est", user="office",
        trust_anchor=tmp_path / "missing.pem", password_file=password_file,
    )  # fmt: skip


def test_apassword_of(tmp_path, save):
    file = save(tmp_path / "password", "secret of 样例\n")
    assert password_of(plain(tmp_path, file)) == "secret of 样例"


def test_a_password_in_gbk_is_told(tmp_path):
    with pytest.raises(PasswordFileError, match=HINT):
        password_of(plain(tmp_path, in_gbk(tmp_path / "password", "样例\n")))


def test_a_policy_of_the_sandbox(tmp_path, save):
    rules = read_policy_file(save(tmp_path / "policy.toml", "# 规则\n[policy]\nsms = false\n"))
    assert not rules.policy.sms


def test_a_policy_of_the_sandbox_in_gbk_is_told(tmp_path):
    with pytest.raises(SandboxError, match=HINT):
        read_policy_file(in_gbk(tmp_path / "policy.toml", "# 规则\n"))


def test_a_proxy_program(tmp_path, save):
    program = 'function FindProxyForURL(url, host) { return "DIRECT"; } // 直连\n'
    assert read_script(str(save(tmp_path / "proxy.pac", program))) == program


def test_a_proxy_program_in_gbk_is_read_too(tmp_path):
    assert read_script(str(in_gbk(tmp_path / "proxy.pac", "// 直连\n"))) == "// 直连\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_a_secret_from_a_pipe(codec, tmp_path):
    (tmp_path / "pin").write_bytes("135790\r\nnext".encode(codec))
    with (tmp_path / "pin").open("rb") as stream:
        assert _read_line(stream.fileno()) == b"135790"
