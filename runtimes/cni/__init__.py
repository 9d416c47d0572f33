"""Pod networks: CNI plugins by exec and a built-in bridge over netlink."""
