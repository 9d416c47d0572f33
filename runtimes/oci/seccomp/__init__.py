"""Seccomp: the default profile, localhost profiles, and their compiled form.

- `choose`: `choose(security_context)` -> `Profile`, or None for unconfined;
  `filter_for(profile, target, runtime, folder)` -> `Filter(rules, bpf)`
- `profile`: `Profile`, `Target`, `fit`; `table.default_profile()`; `load.load(path)`
"""
