"""The token worker: the only process that loads a vendor's PKCS#11 library.

``python -m agent.tokens.worker MODULE`` serves one module on its standard input and output.
"""
