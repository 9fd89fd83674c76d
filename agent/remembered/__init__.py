"""Remembered tokens: what was seen once and lies in a drawer now. Facts alone, no keys and no PINs."""
