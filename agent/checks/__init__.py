"""环境检测: is everything there that a certificate needs on this computer, and what mends what is not.

``probes`` look, ``verdicts`` judge what was seen (pure), ``table.py`` says which belong together.
No check needs a PIN, and none can keep another from its answer.
"""
