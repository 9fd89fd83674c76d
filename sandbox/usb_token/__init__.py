"""A virtual USB token: a smart card in software that pcscd takes for a real one.

Through vpcd, a reader driver of the vsmartcard project, it can be plugged in and pulled out; it answers
what OpenSC's driver for the IsoApplet sends, so that ``opensc-pkcs11.so`` shows it as a token. For
tests and trials only: its keys lie readable in a file.
"""
