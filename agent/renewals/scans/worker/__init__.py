"""The short-lived process that decodes pictures and PDFs; nothing else in the agent does.

Decoders are written in C and fed by strangers' files. One file gets one process, with limits of
memory and time: whatever happens in it is an answer about that file.
"""
