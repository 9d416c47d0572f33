"""One sync of a pod: the decision carried out, step by step."""
