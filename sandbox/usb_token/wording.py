"""What the commands say when a virtual token cannot do what is asked, in both languages."""

from __future__ import annotations

from sandbox.words import words

_SENTENCES = {
    "no_reader": (
        "端口 {port} 上没有虚拟读卡器:请安装 pcscd 和 vsmartcard-vpcd 并启动 pcscd。",
        "No virtual reader listens on port {port}: install pcscd and vsmartcard-vpcd, start pcscd.",
    ),
    "refused": (
        "智能卡服务拒绝当前用户({reason}):请在本机屏幕上登录,或用 pcscd --disable-polkit 启动服务。",
        "The service refuses this user ({reason}): log in at its screen, or start `pcscd --disable-polkit`.",
    ),
    "slot_taken": (
        "端口 {port} 的读卡器没有响应,可能已插有另一张卡。",
        "The reader on port {port} does not answer; another card may be in it.",
    ),
    "both_taken": (
        "两个虚拟读卡器都已被占用,请先拔出一个:odc-sandbox usb-token pull。",
        "Both virtual slots are taken; pull a token out first: odc-sandbox usb-token pull.",
    ),
    "ended": (
        "虚拟电子钥匙无法启动,原因见 {log}。",
        "The virtual token could not start; {log} says why.",
    ),
    "not_plugged": (
        "电子钥匙 {name} 没有插入。",
        "The token {name} is not plugged in.",
    ),
    "stays": (
        "电子钥匙 {name} 的进程 {pid} 没有结束。",
        "The process {pid} of the token {name} does not end.",
    ),
    "no_token": (
        "没有名为 {name} 的虚拟电子钥匙。",
        "There is no virtual token named {name}.",
    ),
    "bad_name": (
        "“{name}”不能用作电子钥匙的名称:请用字母、数字、点、横线。",
        "“{name}” cannot be a token's name: use letters, digits, dots and dashes.",
    ),
    "no_opensc": (
        "没有安装 OpenSC:请安装 opensc 和 opensc-pkcs11。",
        "OpenSC is not installed: install opensc and opensc-pkcs11.",
    ),
    "not_formatted": (
        "电子钥匙 {name} 无法初始化:{reason}",
        "The token {name} cannot be formatted: {reason}",
    ),
    "not_seen": (
        "OpenSC 看不到电子钥匙 {name}。",
        "OpenSC does not see the token {name}.",
    ),
    "wrong_pin": (
        "电子钥匙 {name} 的密码错误;不会自动重试。",
        "The PIN of the token {name} is wrong; it is not tried again.",
    ),
    "locked": (
        "电子钥匙 {name} 的密码已锁定;可用 PUK 解锁:{puk}。",
        "The PIN of the token {name} is locked; its PUK unblocks it: {puk}.",
    ),
    "bad_pin": (
        "密码须为 4 至 16 位。",
        "A PIN has 4 to 16 characters.",
    ),
    "failed": (
        "电子钥匙 {name} 报告错误:{reason}",
        "The token {name} reports an error: {reason}",
    ),
}


def text(key: str, **values: object) -> str:
    """Return a sentence in the user's language."""
    return words(*_SENTENCES[key]).format(**values)
