"""What probes and hooks do: a command, an HTTP request, a connection, a gRPC health check."""
