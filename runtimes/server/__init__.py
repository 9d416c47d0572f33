"""Any CRI backend as a gRPC socket for kubelet, crictl and critest."""
