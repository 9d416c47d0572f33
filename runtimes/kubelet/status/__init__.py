"""What a pod looks like from outside: phase, container states, conditions."""
