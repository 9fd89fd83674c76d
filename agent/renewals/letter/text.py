"""What the letter of authorisation says. It is Chinese only: it goes to a Chinese authority. Pure.

It is print, so its punctuation is full-width, other than on screen.
"""

from __future__ import annotations

import datetime as dt

from agent.ground.private import Private

TITLE = "法人授权书"
BEFORE_TABLE = (
    "本单位授权下表所列经办人，以本单位名义办理组织机构数字证书的更新，包括：填写和提交更新所需的资料，"
    "接收短信验证码，以及将新证书导入本单位的电子钥匙。"
)
AFTER_TABLE = (
    "经办人在上述范围内办理的事项，由本单位承担责任。经办人不得转授权。",
    "本授权书自签署之日起生效，至本次更新办结时失效。",
)
SIGNATURE = "法定代表人（签字或盖章）："
DATE = "签署日期："
SEAL = "（加盖公章处）"
SEAL_MILLIMETRES = 42
"""Diameter of the round seal of a company or institution; those of companies have 38 to 42."""


class Letter(Private, frozen=True, kw_only=True):
    """What is filled in; what is empty or None is left blank, to be written by hand."""

    authority: str = ""
    organisation: str = ""
    uscc: str = ""
    name: str = ""
    id_number: str = ""
    date: dt.date | None = None

    @property
    def addressee(self) -> str:
        """To whom the letter goes."""
        return f"致：{self.authority or '数字证书服务机构'}"

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The table: what each row is called, and what stands in it."""
        return (
            ("单位名称", self.organisation),
            ("统一社会信用代码", self.uscc),
            ("经办人姓名", self.name),
            ("经办人证件号码", self.id_number),
        )

    @property
    def day(self) -> str:
        """The date as it is written, or the blanks for it."""
        if self.date is None:
            return "　　　　年　　月　　日"
        return f"{self.date.year}年{self.date.month}月{self.date.day}日"

    @property
    def characters(self) -> frozenset[str]:
        """Everything that has to be set in type."""
        cells = "".join(label + value for label, value in self.rows)
        fixed = TITLE + BEFORE_TABLE + "".join(AFTER_TABLE) + SIGNATURE + DATE + SEAL
        return frozenset(fixed + cells + self.addressee + self.day)
