"""What the commands say when an SKF token cannot do what is asked, in both languages."""

from __future__ import annotations

from sandbox.words import words

_SENTENCES = {
    "no_process": (
        "虚拟 SKF 钥匙的进程无法启动,原因见 {log}。",
        "The process of the virtual SKF tokens could not start; {log} says why.",
    ),
    "no_token": (
        "没有名为 {name} 的虚拟 SKF 钥匙。",
        "There is no virtual SKF token named {name}.",
    ),
    "not_plugged": (
        "SKF 钥匙 {name} 没有插入。",
        "The SKF token {name} is not plugged in.",
    ),
    "bad_name": (
        "“{name}”不能用作电子钥匙的名称:请用字母、数字、点、横线。",
        "“{name}” cannot be a token's name: use letters, digits, dots and dashes.",
    ),
    "long_label": (
        "钥匙的标签不能超过 {bytes} 个字节。",
        "A token's label has {bytes} bytes at most.",
    ),
    "bad_pin": (
        "密码须为 6 至 16 位 ASCII 字符。",
        "A PIN has 6 to 16 ASCII characters.",
    ),
    "wrong_pin": (
        "SKF 钥匙 {name} 的密码错误,剩余 {left} 次;不会自动重试。",
        "The PIN of the SKF token {name} is wrong, {left} tries are left; it is not tried again.",
    ),
    "locked": (
        "SKF 钥匙 {name} 的密码已锁定。",
        "The PIN of the SKF token {name} is locked.",
    ),
    "full": (
        "SKF 钥匙 {name} 没有空间存放新的容器。",
        "The SKF token {name} has no room for another container.",
    ),
    "failed": (
        "SKF 钥匙 {name} 报告错误 {code}。",
        "The SKF token {name} reports the error {code}.",
    ),
}


def text(key: str, **values: object) -> str:
    """Return a sentence in the user's language."""
    return words(*_SENTENCES[key]).format(**values)
