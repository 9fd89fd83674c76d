"""GM/T 0016 (SKF): the driver of the tokens Chinese authorities hand out, by ctypes."""
