"""The built-in pod network: a bridge, veth pairs, NAT and host ports, all over netlink."""
