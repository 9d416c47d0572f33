"""What kubelet's /metrics/cadvisor shows of a pod: its names, labels and units, from the kernel.

One file a source: each declares its families beside the code that reads them. A backend says which
cgroup, folder and process a container has; `report` puts the rest together. What a host doesn't
account (say pressure, before cgroup v2) has a description and no value. The CRI's values are whole
numbers, so times are whole seconds.

Source: CRI ListMetricDescriptors, ListPodSandboxMetrics; cAdvisor metrics/prometheus.go.
"""
