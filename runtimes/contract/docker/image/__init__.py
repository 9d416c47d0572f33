"""The profile's tests of one room of calls."""
