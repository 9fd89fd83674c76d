"""环境检测: every check with its result, what to do about it, and a button where it can be mended."""
