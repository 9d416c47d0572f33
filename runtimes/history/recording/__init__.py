"""What happens while a Pod runs, caught as it happens."""
