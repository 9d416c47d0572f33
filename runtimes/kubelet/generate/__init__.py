"""From a Pod to the configs that a CRI runtime takes; pure functions."""
