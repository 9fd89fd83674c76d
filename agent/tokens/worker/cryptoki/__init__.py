"""The PKCS#11 driver: python-pkcs11 is imported in this folder alone.

A key's name is its CKA_ID, which ties certificate, public key and private key together.
"""
