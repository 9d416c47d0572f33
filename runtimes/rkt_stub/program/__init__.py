"""The rkt program: one command, one file; each is an argv and how to read what it answers."""
