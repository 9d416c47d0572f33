"""Logs in the CRI's format, written by us from the Engine's own copy.

`containers` is what the RPCs use. See docs/decisions for why it is made like this.
"""
