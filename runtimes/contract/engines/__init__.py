"""Private containerd, dockerd and registry for tests, from what the distribution installed.

Everything of an engine is under one folder: its sockets, its data, its logs. It runs in mount,
network and pid namespaces of its own, so that ending it ends all that it started, and its mounts,
bridges and firewall rules go with it. The host's own engines are never touched.

    python -m runtimes.contract.engines start containerd
"""
