"""What the Engine holds of ours, kept up to date by its events."""
