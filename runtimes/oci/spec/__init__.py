"""The OCI runtime spec of a container.

- `build`: `build(SpecRequest)` -> `Spec`, ready for json.dumps
- `request`: `SpecRequest`, `SandboxFacts`; `rootfs.reader`, `host_files.LiveHostFiles`
- `process`: `exec_process(spec, cmd, tty=...)` -> the process of an exec
- `resources`: `convert(cri, layout)`, also for updates; `mounts.image_volumes(request)`
- `sysctls`: `check`, `path`, `namespace`: for whoever makes the sandbox's namespaces
"""
