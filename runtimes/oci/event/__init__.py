"""What happens to pods and containers, whichever process does it."""
