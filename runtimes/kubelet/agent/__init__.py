"""The node agent: keeps the pods of a folder running, without an API server."""
