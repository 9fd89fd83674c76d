"""A virtual USB token that speaks SKF (GM/T 0016-2012), for tests and trials.

``library/`` is what a program loads, as it loads a vendor's: C that passes each call on to a process, which
has the tokens that are plugged in and does what is asked (``server.py``, then ``calls/``). What is on
a token lies in a file, its keys readable. The process can be told to do wrong what vendors do wrong
(``faults.py``).
"""
