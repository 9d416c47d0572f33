"""`runtimes plugin new`: a whole, separately installable project for a new backend."""
