"""Tokens: PKCS#11 modules in workers of their own, what is on them, who comes and goes."""
