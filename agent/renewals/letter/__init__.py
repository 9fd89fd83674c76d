"""The letter of authorisation (法人授权书, the guide's 导出模板): its words, and PDF and DOCX of it."""
