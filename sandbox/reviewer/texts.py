"""The page's words, Chinese and English side by side, so that neither can be missing. Pure."""

from __future__ import annotations

from typing import NamedTuple

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicantField, ApplicationState, DocumentName


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def __call__(self, language: Language, **values: object) -> str:
        chosen = self.en if language is Language.EN else self.zh
        return chosen.format(**values)


TITLE = Text("沙盒证书服务中心 · 审核", "Sandbox authority · Review")
LANGUAGE = Text("English", "中文")
SIGN_OUT = Text("退出", "Sign out")
APPLICATIONS = Text("申请列表", "Applications")
BACK = Text("← 申请列表", "← Applications")
NONE = Text("暂无申请", "No applications yet")
ORGANISATION = Text("单位", "Organisation")
USCC = Text("统一社会信用代码", "USCC")
STATE = Text("状态", "State")
VERSION = Text("版本", "Version")
OPENED = Text("提交时间", "Opened")
EXPECTED = Text("预计完成", "Expected by")
LOGIN = Text("审核人员登录", "Reviewer sign-in")
TOKEN = Text("登录口令", "Access token")
TOKEN_HINT = Text(
    "口令在启动沙盒时显示在终端里。",
    "The token was printed in the terminal when the sandbox started.",
)
ENTER = Text("登录", "Sign in")
WRONG_TOKEN = Text("口令不正确。", "That is not the token.")
SIGNATURE = Text("电子签名", "Signature")
SIGNATURE_VALID = Text("签名有效", "The signature is valid")
SIGNATURE_INVALID = Text("签名无效", "The signature is not valid")
SIGNED_BY = Text("签名证书", "Signed with")
SIGNED_AT = Text("签名时间", "Signed at")
SIGNATURE_COVERS = Text(
    "签名覆盖资料、扫描件摘要、证书请求和加密密钥接收方。",
    "It covers the applicant, the scans' hashes, the certificate request and the recipient of the"
    " encryption key.",
)
RECIPIENT = Text("加密密钥接收方", "Encryption key for")
RECIPIENT_NONE = Text("不申请加密证书", "No encryption certificate asked for")
RECIPIENT_CURRENT = Text("现有加密证书的密钥", "The current encryption certificate's key")
RECIPIENT_FRESH = Text("令牌中的新传输密钥", "A fresh transport key on the token")
APPLICANT = Text("经办人资料", "Applicant")
NO_DOSSIER = Text(
    "证书尚未过期,无需资料。", "The certificate is still valid: no dossier is needed."
)
DOCUMENTS = Text("扫描件", "Scans")
NOT_UPLOADED = Text("尚未上传", "Not uploaded yet")
FACTS = Text("{kilobytes:.0f} KB · {media_type}", "{kilobytes:.0f} KB · {media_type}")
REMARK = Text("审核意见", "Remark")
EARLIER = Text("上一版意见:{text}", "Remark on the last version: {text}")
WHOLE = Text("总体意见", "On the whole")
APPROVE = Text("审核通过", "Approve")
REJECT = Text("退回修改", "Send back")
DECISION = Text("审核决定", "Decision")
DECISION_HINT = Text(
    "退回修改至少要填写一条意见;有意见时不能通过。",
    "Sending back needs at least one remark; with remarks it cannot be approved.",
)
OLD_CERTIFICATE = Text("原签名证书", "Certificate to renew")
NEW_SIGNING = Text("新签名证书", "New signing certificate")
NEW_ENCRYPTION = Text("新加密证书", "New encryption certificate")
SUBJECT = Text("主题", "Subject")
VALIDITY = Text("有效期", "Valid")
KEY = Text("密钥", "Key")
SERIAL = Text("序列号", "Serial")
FINGERPRINT = Text("指纹 SHA-256", "SHA-256")
FROM_TO = Text("{first} 到 {last}", "{first} to {last}")
EXPIRED = Text("已过期 {days} 天", "Expired {days} days ago")
REVOKED = Text("已作废", "Revoked")
SMS = Text("短信", "SMS")
NEED_REMARK = Text("请至少填写一条意见。", "Give at least one remark.")
REMARKS_LEFT = Text(
    "已填写意见:请退回修改,或清空意见后再通过。",
    "There are remarks: send it back, or clear them to approve.",
)
MOVED_ON = Text(
    "申请已有变化,请重新查看后再决定。", "The application has changed. Look again, then decide."
)

STATES: dict[ApplicationState, Text] = {
    ApplicationState.OPEN: Text("资料上传中", "Receiving scans"),
    ApplicationState.REVIEWING: Text("待审核", "To be reviewed"),
    ApplicationState.REJECTED: Text("已退回", "Sent back"),
    ApplicationState.APPROVED: Text("已通过,待短信验证", "Approved, awaits SMS code"),
    ApplicationState.RELEASED: Text("待安装", "To be installed"),
    ApplicationState.INSTALLED: Text("已安装", "Installed"),
    ApplicationState.WITHDRAWN: Text("已撤回", "Withdrawn"),
    ApplicationState.EXPIRED: Text("已超时", "Lapsed"),
}

FIELDS: dict[ApplicantField, Text] = {
    ApplicantField.ID_NUMBER: Text("经办人证件号码", "ID number"),
    ApplicantField.NAME: Text("经办人姓名", "Name"),
    ApplicantField.ADDRESS: Text("经办人地址", "Address"),
    ApplicantField.PHONE: Text("经办人电话号码", "Phone"),
    ApplicantField.EMAIL: Text("经办人email", "E-mail"),
}

SCANS: dict[DocumentName, Text] = {
    DocumentName.ORGANISATION_CERTIFICATE: Text(
        "单位证照复印件(加盖公章)", "Organisation certificate"
    ),
    DocumentName.ID_CARD_FRONT: Text("经办人身份证(人像面)", "ID card, portrait side"),
    DocumentName.ID_CARD_BACK: Text("经办人身份证(国徽面)", "ID card, emblem side"),
    DocumentName.AUTHORISATION_LETTER: Text("法人授权书(加盖公章)", "Letter of authorisation"),
}
