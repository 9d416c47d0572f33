"""Era 1: pods that never change, straight on the rkt program, without any CRI."""
