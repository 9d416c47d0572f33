"""Exec, Attach and PortForward for backends that open streams in this process."""
