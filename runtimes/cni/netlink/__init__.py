"""Netlink spoken directly: pure encoders and decoders, and one thin socket."""
