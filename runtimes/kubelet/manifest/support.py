"""Fields that are understood but not carried out yet. Delete a line when its field is.

A path names JSON fields, ``[]`` any item, ``CONTAINERS`` the lists ``containers`` and
``initContainers``; ``=word`` narrows it to that value.
"""

from __future__ import annotations

UNSUPPORTED: tuple[str, ...] = (
    # containers
    "spec.CONTAINERS[].lifecycle.postStart.tcpSocket",
    "spec.CONTAINERS[].lifecycle.preStop.tcpSocket",
    "spec.CONTAINERS[].lifecycle.stopSignal",
    "spec.containers[].restartPolicy",
    "spec.CONTAINERS[].restartPolicyRules",
    "spec.CONTAINERS[].env[].valueFrom.fileKeyRef",
    "spec.CONTAINERS[].volumeDevices",
    "spec.CONTAINERS[].resources.claims",
    "spec.CONTAINERS[].securityContext.windowsOptions",
    *(
        f"spec.CONTAINERS[].{probe}.{field}"
        for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        for field in ("grpc.mode=TLS", "httpGet.protocol=HTTP2")
    ),
    "spec.CONTAINERS[].volumeMounts[].bindMountOptions",
    "spec.ephemeralContainers",
    # volumes
    "spec.volumes[].awsElasticBlockStore",
    "spec.volumes[].azureDisk",
    "spec.volumes[].azureFile",
    "spec.volumes[].cephfs",
    "spec.volumes[].cinder",
    "spec.volumes[].configMap.defaultUser",
    "spec.volumes[].configMap.items[].user",
    "spec.volumes[].csi",
    "spec.volumes[].downwardAPI.defaultUser",
    "spec.volumes[].downwardAPI.items[].user",
    "spec.volumes[].ephemeral",
    "spec.volumes[].fc",
    "spec.volumes[].flexVolume",
    "spec.volumes[].flocker",
    "spec.volumes[].gcePersistentDisk",
    "spec.volumes[].gitRepo",
    "spec.volumes[].glusterfs",
    "spec.volumes[].iscsi",
    "spec.volumes[].nfs",
    "spec.volumes[].persistentVolumeClaim",
    "spec.volumes[].photonPersistentDisk",
    "spec.volumes[].portworxVolume",
    "spec.volumes[].projected.defaultUser",
    "spec.volumes[].projected.sources[].clusterTrustBundle",
    "spec.volumes[].projected.sources[].configMap.items[].user",
    "spec.volumes[].projected.sources[].downwardAPI.items[].user",
    "spec.volumes[].projected.sources[].podCertificate",
    "spec.volumes[].projected.sources[].serviceAccountToken",
    "spec.volumes[].projected.sources[].secret.items[].user",
    "spec.volumes[].quobyte",
    "spec.volumes[].rbd",
    "spec.volumes[].scaleIO",
    "spec.volumes[].secret.defaultUser",
    "spec.volumes[].secret.items[].user",
    "spec.volumes[].storageos",
    "spec.volumes[].vsphereVolume",
    "spec.volumes[].emptyDir.medium=HugePages*",
    # the pod
    "spec.hostUsers=false",
    "spec.os.name=windows",
    "spec.readinessGates",
    "spec.resourceClaims",
    "spec.resources.claims",
    "spec.schedulingGates",
    "spec.securityContext.windowsOptions",
)

UNSUPPORTED_OF_WORKLOADS: dict[str, tuple[str, ...]] = {
    "Deployment": (
        "spec.paused=true",
        "spec.strategy.rollingUpdate.maxUnavailable=0",
        "spec.strategy.rollingUpdate.maxUnavailable=0%",
    ),
    "Job": (
        "spec.backoffLimitPerIndex",
        "spec.completionMode=Indexed",
        "spec.managedBy",
        "spec.maxFailedIndexes",
        "spec.podFailurePolicy",
        "spec.successPolicy",
        "spec.suspend=true",
    ),
}
"""Of a workload itself; its template is judged as the pods are that it makes."""

IGNORED_OF_WORKLOADS: dict[str, tuple[str, ...]] = {
    "Deployment": (
        "spec.progressDeadlineSeconds",
        "spec.revisionHistoryLimit",
        "spec.strategy.rollingUpdate.maxSurge",
    ),
}
"""What changes no pod that runs: taken, with a warning, even where validation is strict."""
