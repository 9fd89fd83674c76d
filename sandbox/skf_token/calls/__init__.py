"""The functions of GM/T 0016-2012, 7, a module for each group of them."""
