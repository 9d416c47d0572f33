"""The CRI: protocols over generated runtime.v1 messages."""
