"""Signing documents with the token's key, and verifying what was signed: CAdES, detached or not."""
