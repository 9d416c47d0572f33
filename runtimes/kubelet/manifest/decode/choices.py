"""Fields that hold one of a few words.

Source: the enumerations of k8s.io/api core/v1, apps/v1 and batch/v1 types.go.
"""

from __future__ import annotations

_SELECTOR = ("In", "NotIn", "Exists", "DoesNotExist")
_PULL = ("Always", "IfNotPresent", "Never")
_CONFINEMENT = ("RuntimeDefault", "Localhost", "Unconfined")
_MESSAGE = ("File", "FallbackToLogsOnError")
_RESTART = ("Always", "OnFailure", "Never")
_NODE_POLICY = ("Honor", "Ignore")
_ACCESS = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")

CHOICES: dict[str, tuple[str, ...]] = {
    "AppArmorProfile.type": _CONFINEMENT,
    "AzureDiskVolumeSource.cachingMode": ("None", "ReadOnly", "ReadWrite"),
    "AzureDiskVolumeSource.kind": ("Shared", "Dedicated", "Managed"),
    "Container.imagePullPolicy": _PULL,
    "Container.restartPolicy": _RESTART,
    "Container.terminationMessagePolicy": _MESSAGE,
    "ContainerPort.protocol": ("TCP", "UDP", "SCTP"),
    "ContainerResizePolicy.resourceName": ("cpu", "memory"),
    "ContainerResizePolicy.restartPolicy": ("NotRequired", "RestartContainer"),
    "ContainerRestartRule.action": ("Restart", "RestartAllContainers"),
    "ContainerRestartRuleOnExitCodes.operator": ("In", "NotIn"),
    "DeploymentStrategy.type": ("RollingUpdate", "Recreate"),
    "EphemeralContainer.imagePullPolicy": _PULL,
    "EphemeralContainer.terminationMessagePolicy": _MESSAGE,
    "GRPCAction.mode": ("Plaintext", "TLS"),
    "HTTPGetAction.protocol": ("HTTP1", "HTTP2"),
    "HTTPGetAction.scheme": ("HTTP", "HTTPS"),
    "HostPathVolumeSource.type": (
        "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice",
        "BlockDevice",
    ),
    "ImageVolumeSource.pullPolicy": _PULL,
    "JobSpec.completionMode": ("NonIndexed", "Indexed"),
    "JobSpec.podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
    "LabelSelectorRequirement.operator": _SELECTOR,
    "NodeSelectorRequirement.operator": (*_SELECTOR, "Gt", "Lt"),
    "PersistentVolumeClaimSpec.accessModes": _ACCESS,
    "PersistentVolumeClaimSpec.volumeMode": ("Filesystem", "Block"),
    "PodOS.name": ("linux", "windows"),
    "PodSecurityContext.fsGroupChangePolicy": ("OnRootMismatch", "Always"),
    "PodSecurityContext.seLinuxChangePolicy": ("Recursive", "MountOption"),
    "PodSecurityContext.supplementalGroupsPolicy": ("Merge", "Strict"),
    "PodSpec.dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "PodSpec.preemptionPolicy": ("PreemptLowerPriority", "Never"),
    "PodSpec.restartPolicy": _RESTART,
    "SeccompProfile.type": _CONFINEMENT,
    "SecurityContext.procMount": ("Default", "Unmasked"),
    "Toleration.effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "Toleration.operator": ("Exists", "Equal", "Lt", "Gt"),
    "TopologySpreadConstraint.nodeAffinityPolicy": _NODE_POLICY,
    "TopologySpreadConstraint.nodeTaintsPolicy": _NODE_POLICY,
    "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "VolumeMount.mountPropagation": ("None", "HostToContainer", "Bidirectional"),
    "VolumeMount.recursiveReadOnly": ("Disabled", "IfPossible", "Enabled"),
}  # fmt: skip
"""By struct and JSON name; empty text is always allowed, and means the default."""
