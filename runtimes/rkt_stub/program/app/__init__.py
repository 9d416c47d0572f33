"""`rkt app`: pods that change while they run."""
