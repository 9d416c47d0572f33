"""The default profile: what an ordinary container may ask of the kernel.

Equal in effect to what Docker and containerd apply. A call listed in `ALLOWED` passes; one in
`BY_CAPABILITY` passes with that capability; one in `REFUSED` fails with EPERM; and one that none
of them knows, so a call newer than this table, fails with ENOSYS, on which C libraries fall back
to the older call (an EPERM there breaks programs after an upgrade of their C library).

Source: moby profiles/seccomp, for which calls are in which group; syscalls(2).
"""

from __future__ import annotations

import errno
from functools import cache

from runtimes.oci.seccomp.profile import ERRNO, Arg, Condition, Profile, Rule

ALLOWED = {
    "files": """
        open openat openat2 creat close close_range read readv pread64 preadv preadv2
        write writev pwrite64 pwritev pwritev2 lseek _llseek readahead sendfile sendfile64
        copy_file_range splice tee vmsplice truncate truncate64 ftruncate ftruncate64 fallocate
        fadvise64 fadvise64_64 sync syncfs fsync fdatasync sync_file_range cachestat
        dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2 memfd_create memfd_secret
    """,
    "names and metadata": """
        stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx
        statfs statfs64 fstatfs fstatfs64 statmount listmount
        access faccessat faccessat2 chmod fchmod fchmodat fchmodat2
        chown chown32 lchown lchown32 fchown fchown32 fchownat umask
        utime utimes futimesat utimensat utimensat_time64
        link linkat symlink symlinkat readlink readlinkat unlink unlinkat
        rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat
        getdents getdents64 getcwd chdir fchdir name_to_handle_at
        getxattr getxattrat lgetxattr fgetxattr setxattr setxattrat lsetxattr fsetxattr
        listxattr listxattrat llistxattr flistxattr
        removexattr removexattrat lremovexattr fremovexattr
    """,
    "waiting for files": """
        select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old
        epoll_pwait epoll_pwait2 eventfd eventfd2
        inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
        io_setup io_submit io_cancel io_destroy
        io_getevents io_pgetevents io_pgetevents_time64
    """,
    "memory": """
        brk mmap mmap2 munmap mremap mprotect msync madvise mincore membarrier mseal
        mlock mlock2 mlockall munlock munlockall remap_file_pages map_shadow_stack
        pkey_alloc pkey_free pkey_mprotect process_mrelease
    """,
    "processes and threads": """
        fork vfork execve execveat exit exit_group wait4 waitid waitpid
        getpid getppid gettid getpgid getpgrp setpgid getsid setsid
        pidfd_open pidfd_send_signal set_tid_address
        get_thread_area set_thread_area get_robust_list set_robust_list rseq restart_syscall
        futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue
        prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
    """,
    "scheduling and limits": """
        sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr
        sched_getparam sched_setparam sched_getscheduler sched_setscheduler
        sched_get_priority_max sched_get_priority_min
        sched_rr_get_interval sched_rr_get_interval_time64
        getpriority setpriority ioprio_get ioprio_set
        getrlimit ugetrlimit setrlimit prlimit64 getrusage getcpu times sysinfo uname
    """,
    "identity": """
        getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32
        getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
        setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
        setresuid setresuid32 setresgid setresgid32
        setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset
    """,
    "signals": """
        kill tkill tgkill pause alarm sigaltstack sigprocmask sigreturn
        rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
        signalfd signalfd4
    """,
    "time": """
        time gettimeofday nanosleep clock_nanosleep clock_nanosleep_time64
        clock_gettime clock_gettime64 clock_getres clock_getres_time64
        adjtimex clock_adjtime clock_adjtime64
        getitimer setitimer timer_create timer_delete timer_getoverrun
        timer_gettime timer_gettime64 timer_settime timer_settime64
        timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
    """,
    "network": """
        socketcall socketpair bind listen accept accept4 connect shutdown
        getsockname getpeername getsockopt setsockopt
        send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
    """,
    "message queues, semaphores, shared memory": """
        ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64
        shmat shmctl shmdt shmget mq_open mq_unlink mq_notify mq_getsetattr
        mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
    """,
    "other": "getrandom riscv_hwprobe uretprobe",
}

BY_CAPABILITY = {
    "CAP_BPF": "bpf",
    "CAP_DAC_READ_SEARCH": "open_by_handle_at",
    "CAP_PERFMON": "perf_event_open",
    "CAP_SYSLOG": "syslog",
    "CAP_SYS_ADMIN": """
        mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
        clone clone3 unshare setns sethostname setdomainname quotactl quotactl_fd
        bpf perf_event_open fanotify_init lookup_dcookie syslog
        lsm_get_self_attr lsm_set_self_attr lsm_list_modules
    """,
    "CAP_SYS_BOOT": "reboot",
    "CAP_SYS_CHROOT": "chroot",
    "CAP_SYS_MODULE": "init_module finit_module delete_module",
    "CAP_SYS_NICE": "get_mempolicy set_mempolicy set_mempolicy_home_node mbind",
    "CAP_SYS_PACCT": "acct",
    "CAP_SYS_PTRACE": """
        ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    """,
    "CAP_SYS_RAWIO": "ioperm iopl",
    "CAP_SYS_TIME": "settimeofday stime clock_settime clock_settime64",
    "CAP_SYS_TTY_CONFIG": "vhangup",
}

BY_ARCHITECTURE = {
    ("amd64", "x32"): "arch_prctl",
    ("amd64", "x32", "x86"): "modify_ldt",
    ("arm", "arm64"): """
        arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls
    """,
    ("ppc64le",): "sync_file_range2 swapcontext",
    ("riscv64",): "riscv_flush_icache",
    ("s390", "s390x"): "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
}

BY_KERNEL = {(4, 8): "ptrace process_vm_readv process_vm_writev"}
"""Before 4.8 a traced process could leave its own filter."""

REFUSED = """
    add_key request_key keyctl kexec_load kexec_file_load pivot_root swapon swapoff
    io_uring_setup io_uring_enter io_uring_register userfaultfd move_pages migrate_pages
    uselib ustat sysfs _sysctl nfsservctl query_module create_module get_kernel_syms bdflush
    nice sgetmask ssetmask oldstat oldlstat oldfstat olduname oldolduname vm86 vm86old
    pciconfig_iobase pciconfig_read pciconfig_write
"""
"""Known, and denied to everybody."""

NEW_NAMESPACES = 0x7E020000
"""clone(2)'s flags that make namespaces."""

PERSONALITIES = (0x0, 0x0008, 0x20000, 0x20008, 0xFFFFFFFF)
"""PER_LINUX and PER_LINUX32, each also as UNAME26, and the question for the present one."""

AF_ALG, AF_VSOCK = 38, 40
"""Socket families that reach the kernel's crypto and the hypervisor's host."""

ARCH_MAP = (
    ("SCMP_ARCH_X86_64", ("SCMP_ARCH_X86", "SCMP_ARCH_X32")),
    ("SCMP_ARCH_AARCH64", ("SCMP_ARCH_ARM",)),
    ("SCMP_ARCH_MIPS64", ("SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32")),
    ("SCMP_ARCH_S390X", ("SCMP_ARCH_S390",)),
)


@cache
def default_profile() -> Profile:
    """The profile that ``RuntimeDefault`` means."""
    return Profile(ERRNO, errno.ENOSYS, tuple(_rules()), ARCH_MAP)


def _rules() -> list[Rule]:
    return [
        Rule(_words(*ALLOWED.values())),
        Rule(_words(REFUSED), ERRNO, errno.EPERM),
        *_by_host(),
        *_by_capability(),
        *_cloning(),
        *(Rule(("personality",), args=(_equals(0, it),)) for it in PERSONALITIES),
        *_sockets(),
    ]


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(" ".join(texts).split())


def _equals(index: int, value: int) -> Arg:
    return Arg(index, "SCMP_CMP_EQ", value)


def _by_host() -> list[Rule]:
    return [
        *(
            Rule(_words(names), needs=Condition(arches=frozenset(arches)))
            for arches, names in BY_ARCHITECTURE.items()
        ),
        *(
            Rule(_words(names), needs=Condition(min_kernel=kernel))
            for kernel, names in BY_KERNEL.items()
        ),
    ]


def _by_capability() -> list[Rule]:
    """Allow each group with its capability; refuse each call without any that would allow it."""
    allowing = [
        Rule(_words(names), needs=Condition(caps=frozenset({cap})))
        for cap, names in BY_CAPABILITY.items()
    ]
    grants: dict[str, set[str]] = {}
    for cap, names in BY_CAPABILITY.items():
        for name in _words(names):
            grants.setdefault(name, set()).add(cap)
    refusing = [
        Rule(
            (name,), ERRNO, errno.EPERM, unless=Condition(frozenset(caps), min_kernel=_kernel(name))
        )
        for name, caps in grants.items()
        if not name.startswith("clone")
    ]
    return allowing + refusing


def _kernel(name: str) -> tuple[int, int] | None:
    """From which kernel on `name` is allowed to everybody."""
    return next((kernel for kernel, names in BY_KERNEL.items() if name in names.split()), None)


def _cloning() -> list[Rule]:
    """Allow clone without CAP_SYS_ADMIN, but no new namespaces.

    clone3 hides its flags behind a pointer, so it must not exist: ENOSYS makes libc use clone.
    """
    found = []
    s390 = frozenset({"s390", "s390x"})
    for index, needs, unless in (
        (0, Condition(), Condition(frozenset({"CAP_SYS_ADMIN"}), s390)),
        (1, Condition(arches=s390), Condition(frozenset({"CAP_SYS_ADMIN"}))),
    ):
        none_of_them = Arg(index, "SCMP_CMP_MASKED_EQ", NEW_NAMESPACES, 0)
        found.append(Rule(("clone",), args=(none_of_them,), needs=needs, unless=unless))
        for flag in (1 << bit for bit in range(32) if NEW_NAMESPACES >> bit & 1):
            one = Arg(index, "SCMP_CMP_MASKED_EQ", flag, flag)
            found.append(Rule(("clone",), ERRNO, errno.EPERM, (one,), needs, unless))
    return found


def _sockets() -> list[Rule]:
    return [
        Rule(("socket",), args=(Arg(0, "SCMP_CMP_LT", AF_ALG),)),
        Rule(("socket",), args=(_equals(0, AF_ALG + 1),)),
        Rule(("socket",), args=(Arg(0, "SCMP_CMP_GT", AF_VSOCK),)),
        Rule(("socket",), ERRNO, errno.EPERM, (_equals(0, AF_ALG),)),
        Rule(("socket",), ERRNO, errno.EPERM, (_equals(0, AF_VSOCK),)),
    ]
