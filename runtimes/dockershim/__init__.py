"""The CRI on Docker Engine."""
