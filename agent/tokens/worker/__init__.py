"""The token worker: the only process that loads a vendor's library.

``python -m agent.tokens.worker MODULE [KIND]`` serves one module on its standard input and output. What
all workers share is here; how a library is spoken to is behind :mod:`agent.tokens.worker.driver`.
"""
