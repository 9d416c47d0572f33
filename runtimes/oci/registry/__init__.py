"""A client of OCI distribution registries: read only, digests checked, hosts kept apart."""
