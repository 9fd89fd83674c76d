"""PAC programs, good and hostile, in the real worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from agent.network.pac import evaluating
from agent.network.pac.evaluating import PacProgramError, evaluate
from agent.system.runtime import module_command

NAMES = {"inside.example": "10.1.2.3", "outside.example": "203.0.113.9"}


def run(body, host="ra.example"):
    script = f"function FindProxyForURL(url, host) {{ {body} }}"
    return evaluate(script, f"https://{host}/", host, lambda name: NAMES.get(name, ""))


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("isPlainHostName('www')", True),
        ("isPlainHostName('www.example')", False),
        ("dnsDomainIs('www.example.cn', '.example.cn')", True),
        ("dnsDomainIs('www.other.cn', '.example.cn')", False),
        ("localHostOrDomainIs('www', 'www.example.cn')", True),
        ("localHostOrDomainIs('www.example.cn', 'www.example.cn')", True),
        ("localHostOrDomainIs('home.example.cn', 'www.example.cn')", False),
        ("isResolvable('inside.example')", True),
        ("isResolvable('nowhere.example')", False),
        ("dnsResolve('inside.example') === '10.1.2.3'", True),
        ("dnsResolve('nowhere.example') === null", True),
        ("isInNet('inside.example', '10.0.0.0', '255.0.0.0')", True),
        ("isInNet('outside.example', '10.0.0.0', '255.0.0.0')", False),
        ("isInNet('198.95.249.79', '198.95.249.79', '255.255.255.255')", True),
        ("isInNet('198.95.249.78', '198.95.249.79', '255.255.255.255')", False),
        ("isInNet('nowhere.example', '0.0.0.0', '0.0.0.0')", False),
        ("isInNet('999.1.1.1', '0.0.0.0', '0.0.0.0')", False),
        ("dnsDomainLevels('www') === 0 && dnsDomainLevels('www.a.cn') === 2", True),
        ("shExpMatch('http://a.cn/people/index.html', '*/people/*')", True),
        ("shExpMatch('http://a.cn/people/index.html', '*/ari/*')", False),
        ("shExpMatch('a.cn', 'a?cn') && !shExpMatch('abcn', 'a.cn')", True),
        ("myIpAddress().split('.').length === 4", True),
        ("typeof Qt + typeof XMLHttpRequest + typeof require + typeof ask === 'undefined'.repeat(4)",
         True),
        ("alert('x') === undefined", True),
    ],
)  # fmt: skip
def test_the_functions_a_program_may_call(condition, is_true):
    assert run(f"return ({condition}) ? 'PROXY yes:1' : 'DIRECT'") == (
        "PROXY yes:1" if is_true else "DIRECT"
    )


# 2025-03-07 is a Friday; 21:30:15 in China is 13:30:15 GMT.
FRIDAY = "2025-03-07T13:30:15Z"


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("weekdayRange('MON', 'FRI')", True),
        ("weekdayRange('SAT')", False),
        ("weekdayRange('FRI', 'MON')", True),
        ("weekdayRange('SAT', 'THU', 'GMT')", False),
        ("timeRange(21)", True),
        ("timeRange(13, 'GMT')", True),
        ("timeRange(9, 17)", False),
        ("timeRange(9, 17, 'GMT')", True),
        ("timeRange(21, 30, 21, 31)", True),
        ("timeRange(21, 30, 16, 21, 31, 0)", False),
        ("timeRange(21, 30, 0, 21, 30, 30)", True),
        ("timeRange(20, 6)", True),
        ("dateRange(7)", True),
        ("dateRange(1, 6)", False),
        ("dateRange('MAR')", True),
        ("dateRange('NOV', 'MAR')", True),
        ("dateRange('APR', 'JUN')", False),
        ("dateRange(2025)", True),
        ("dateRange(1, 'MAR', 15, 'MAR')", True),
        ("dateRange('APR', 2024, 'MAR', 2025)", True),
        ("dateRange(8, 'MAR', 2025, 1, 'APR', 2025)", False),
        ("dateRange(7, 'MAR', 2025, 1, 'APR', 2025, 'GMT')", True),
    ],
)
def test_days_and_hours(condition, is_true, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    fixed = f"const D = Date; Date = function () {{ return new D('{FRIDAY}') }}; "
    assert run(f"{fixed}return ({condition}) ? 'DIRECT' : 'PROXY no:1'") == (
        "DIRECT" if is_true else "PROXY no:1"
    )


def test_the_address_and_the_host_are_handed_over():
    assert run("return 'PROXY ' + host + ':1; ' + url") == "PROXY ra.example:1; https://ra.example/"


@pytest.mark.parametrize("body", ["", "return null", "return ''", "return undefined"])
def test_no_answer_is_direct(body):
    assert run(body) == "DIRECT"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("function FindProxyForURL(u, h) { throw new Error('sorry') }", "line 1: Error: sorry"),
        ("no program", "line 1: SyntaxError"),
        ("var x = 1", "no function FindProxyForURL"),
        ("", "no function FindProxyForURL"),
        ("<html>log in first</html>", "line 1"),
        ("for (;;);", "too much time or memory"),
        ("function FindProxyForURL() { for (;;); }", "too much time or memory"),
        ("var a = []; for (;;) a.push(new Array(100000).fill('x'))", "too much time or memory"),
        ("function f() { f() } f()", "RangeError"),
        ("function FindProxyForURL() { for (;;) dnsResolve('a.example') }", "more than"),
    ],
)
def test_a_bad_program_is_a_sentence(script, reason):
    with pytest.raises(PacProgramError, match=reason):
        evaluate(script, "https://a/", "a", lambda _host: "")


def test_a_program_that_waits_for_the_clock_is_ended(monkeypatch):
    """It takes no processor time while a name is looked up."""
    monkeypatch.setattr(evaluating, "SECONDS", 0.5)
    script = "function FindProxyForURL() { for (;;) dnsResolve('a.example') }"
    with pytest.raises(PacProgramError, match="too much time"):
        evaluate(script, "https://a/", "a", lambda _host: time.sleep(0.2) or "")


@pytest.mark.parametrize("script", ["exit 0", "echo nonsense", "kill -9 $$", "yes", "echo '[]'"])
def test_a_worker_that_lies_is_a_fault(script, monkeypatch, tmp_path):
    program = tmp_path / "worker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(PacProgramError):
        run("return 'DIRECT'")


def test_the_worker_needs_no_display():
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        module_command("agent.network.pac.worker"),
        input='{"script": "function FindProxyForURL() { return 1 }", "url": "", "host": ""}\n',
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == '{"answer": "1"}\n'
