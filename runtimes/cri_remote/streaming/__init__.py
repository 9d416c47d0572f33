"""The client of a runtime's streaming server: from the URLs of Exec, Attach and PortForward to
sessions.
"""
