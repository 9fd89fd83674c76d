"""设置: each setting with what it is now; what the administrator decided is shown and locked."""
