"""Messages of CRI runtime.v1, generated from api.proto."""
