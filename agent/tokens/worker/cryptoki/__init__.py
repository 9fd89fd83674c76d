"""The PKCS#11 driver: python-pkcs11 is imported in this folder alone."""
