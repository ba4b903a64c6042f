//! Every system call: `ppm_sc` code, name, number per architecture, exit event.
//!
//! A call without an event type of its own is recorded as `GENERIC_X` with its `ppm_sc` code.
//! `-` stands where an architecture has no such call. Rows from 396 to 400 name tracepoints.

use crate::events::code;

/// Processor architecture, for system-call numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// x86-64, the 64-bit ABI.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

/// One system call.
#[derive(Debug, Clone, Copy)]
pub struct SyscallInfo {
    /// libscap's architecture-independent code (`ppm_sc`).
    pub sc: u16,
    /// Name, lower case.
    pub name: &'static str,
    /// Number on x86-64.
    pub x86_64: Option<u16>,
    /// Number on 64-bit Arm.
    pub aarch64: Option<u16>,
    /// Code of the exit event it is recorded as.
    pub exit: u16,
}

impl SyscallInfo {
    /// Number on `arch`, or `None` where it does not exist.
    #[must_use]
    pub const fn number(&self, arch: Arch) -> Option<u16> {
        match arch {
            Arch::X86_64 => self.x86_64,
            Arch::Aarch64 => self.aarch64,
        }
    }
}

/// The row of `ppm_sc` code `sc`.
#[must_use]
pub fn syscall(sc: u16) -> Option<&'static SyscallInfo> {
    SYSCALLS.get(usize::from(sc))
}

/// All rows, by `ppm_sc` code.
#[must_use]
pub fn syscalls() -> &'static [SyscallInfo] {
    &SYSCALLS
}

/// The row of the call named `name`.
#[must_use]
pub fn syscall_by_name(name: &str) -> Option<&'static SyscallInfo> {
    SYSCALLS.iter().find(|s| s.name == name)
}

/// The row of the call with number `number` on `arch`.
#[must_use]
pub fn syscall_by_number(arch: Arch, number: u16) -> Option<&'static SyscallInfo> {
    SYSCALLS.iter().find(|s| s.number(arch) == Some(number))
}

macro_rules! number {
    (-) => {
        None
    };
    ($n:literal) => {
        Some($n)
    };
}

macro_rules! syscall_table {
    ($($sc:literal $name:literal $x86:tt $arm:tt $exit:ident;)*) => {
        static SYSCALLS: [SyscallInfo; SYSCALL_COUNT] = [$(SyscallInfo {
            sc: $sc,
            name: $name,
            x86_64: number!($x86),
            aarch64: number!($arm),
            exit: code::$exit,
        }),*];
    };
}

/// Number of `ppm_sc` codes.
pub const SYSCALL_COUNT: usize = 454;

#[rustfmt::skip]
syscall_table! {
    0   "unknown"                  -     -     GENERIC_X;
    1   "restart_syscall"          219   128   GENERIC_X;
    2   "exit"                     60    93    GENERIC_X;
    3   "read"                     0     63    SYSCALL_READ_X;
    4   "write"                    1     64    SYSCALL_WRITE_X;
    5   "open"                     2     -     SYSCALL_OPEN_X;
    6   "close"                    3     57    SYSCALL_CLOSE_X;
    7   "creat"                    85    -     SYSCALL_CREAT_X;
    8   "link"                     86    -     SYSCALL_LINK_2_X;
    9   "unlink"                   87    -     SYSCALL_UNLINK_2_X;
    10  "chdir"                    80    49    SYSCALL_CHDIR_X;
    11  "time"                     201   -     GENERIC_X;
    12  "mknod"                    133   -     SYSCALL_MKNOD_X;
    13  "chmod"                    90    -     SYSCALL_CHMOD_X;
    14  "stat"                     4     -     SYSCALL_STAT_X;
    15  "lseek"                    8     62    SYSCALL_LSEEK_X;
    16  "getpid"                   39    172   GENERIC_X;
    17  "mount"                    165   40    SYSCALL_MOUNT_X;
    18  "ptrace"                   101   117   SYSCALL_PTRACE_X;
    19  "alarm"                    37    -     GENERIC_X;
    20  "fstat"                    5     80    SYSCALL_FSTAT_X;
    21  "pause"                    34    -     GENERIC_X;
    22  "utime"                    132   -     GENERIC_X;
    23  "access"                   21    -     SYSCALL_ACCESS_X;
    24  "sync"                     162   81    GENERIC_X;
    25  "kill"                     62    129   SYSCALL_KILL_X;
    26  "rename"                   82    -     SYSCALL_RENAME_X;
    27  "mkdir"                    83    -     SYSCALL_MKDIR_2_X;
    28  "rmdir"                    84    -     SYSCALL_RMDIR_2_X;
    29  "dup"                      32    23    SYSCALL_DUP_1_X;
    30  "pipe"                     22    -     SYSCALL_PIPE_X;
    31  "times"                    100   153   GENERIC_X;
    32  "brk"                      12    214   SYSCALL_BRK_4_X;
    33  "acct"                     163   89    GENERIC_X;
    34  "ioctl"                    16    29    SYSCALL_IOCTL_3_X;
    35  "fcntl"                    72    25    SYSCALL_FCNTL_X;
    36  "setpgid"                  109   154   SYSCALL_SETPGID_X;
    37  "umask"                    95    166   GENERIC_X;
    38  "chroot"                   161   51    SYSCALL_CHROOT_X;
    39  "ustat"                    136   -     GENERIC_X;
    40  "dup2"                     33    -     SYSCALL_DUP2_X;
    41  "getppid"                  110   173   GENERIC_X;
    42  "getpgrp"                  111   -     GENERIC_X;
    43  "setsid"                   112   157   SYSCALL_SETSID_X;
    44  "sethostname"              170   161   GENERIC_X;
    45  "setrlimit"                160   164   SYSCALL_SETRLIMIT_X;
    46  "getrusage"                98    165   GENERIC_X;
    47  "gettimeofday"             96    169   GENERIC_X;
    48  "settimeofday"             164   170   GENERIC_X;
    49  "symlink"                  88    -     SYSCALL_SYMLINK_X;
    50  "lstat"                    6     -     SYSCALL_LSTAT_X;
    51  "readlink"                 89    -     GENERIC_X;
    52  "uselib"                   -     -     GENERIC_X;
    53  "swapon"                   167   224   GENERIC_X;
    54  "reboot"                   169   142   GENERIC_X;
    55  "mmap"                     9     222   SYSCALL_MMAP_X;
    56  "munmap"                   11    215   SYSCALL_MUNMAP_X;
    57  "truncate"                 76    45    GENERIC_X;
    58  "ftruncate"                77    46    GENERIC_X;
    59  "fchmod"                   91    52    SYSCALL_FCHMOD_X;
    60  "getpriority"              140   141   GENERIC_X;
    61  "setpriority"              141   140   GENERIC_X;
    62  "statfs"                   137   43    GENERIC_X;
    63  "fstatfs"                  138   44    GENERIC_X;
    64  "syslog"                   103   116   GENERIC_X;
    65  "setitimer"                38    103   GENERIC_X;
    66  "getitimer"                36    102   GENERIC_X;
    67  "uname"                    63    160   GENERIC_X;
    68  "vhangup"                  153   58    GENERIC_X;
    69  "wait4"                    61    260   GENERIC_X;
    70  "swapoff"                  168   225   GENERIC_X;
    71  "sysinfo"                  99    179   GENERIC_X;
    72  "fsync"                    74    82    GENERIC_X;
    73  "setdomainname"            171   162   GENERIC_X;
    74  "adjtimex"                 159   171   GENERIC_X;
    75  "mprotect"                 10    226   SYSCALL_MPROTECT_X;
    76  "init_module"              175   105   SYSCALL_INIT_MODULE_X;
    77  "delete_module"            176   106   SYSCALL_DELETE_MODULE_X;
    78  "quotactl"                 179   60    SYSCALL_QUOTACTL_X;
    79  "getpgid"                  121   155   GENERIC_X;
    80  "fchdir"                   81    50    SYSCALL_FCHDIR_X;
    81  "sysfs"                    139   -     GENERIC_X;
    82  "personality"              135   92    GENERIC_X;
    83  "getdents"                 78    -     SYSCALL_GETDENTS_X;
    84  "select"                   23    -     SYSCALL_SELECT_X;
    85  "flock"                    73    32    SYSCALL_FLOCK_X;
    86  "msync"                    26    227   GENERIC_X;
    87  "readv"                    19    65    SYSCALL_READV_X;
    88  "writev"                   20    66    SYSCALL_WRITEV_X;
    89  "getsid"                   124   156   GENERIC_X;
    90  "fdatasync"                75    83    GENERIC_X;
    91  "mlock"                    149   228   SYSCALL_MLOCK_X;
    92  "munlock"                  150   229   SYSCALL_MUNLOCK_X;
    93  "mlockall"                 151   230   SYSCALL_MLOCKALL_X;
    94  "munlockall"               152   231   SYSCALL_MUNLOCKALL_X;
    95  "sched_setparam"           142   118   GENERIC_X;
    96  "sched_getparam"           143   121   GENERIC_X;
    97  "sched_setscheduler"       144   119   GENERIC_X;
    98  "sched_getscheduler"       145   120   GENERIC_X;
    99  "sched_yield"              24    124   GENERIC_X;
    100 "sched_get_priority_max"   146   125   GENERIC_X;
    101 "sched_get_priority_min"   147   126   GENERIC_X;
    102 "sched_rr_get_interval"    148   127   GENERIC_X;
    103 "nanosleep"                35    101   SYSCALL_NANOSLEEP_X;
    104 "mremap"                   25    216   GENERIC_X;
    105 "poll"                     7     -     SYSCALL_POLL_X;
    106 "prctl"                    157   167   SYSCALL_PRCTL_X;
    107 "rt_sigaction"             13    134   GENERIC_X;
    108 "rt_sigprocmask"           14    135   GENERIC_X;
    109 "rt_sigpending"            127   136   GENERIC_X;
    110 "rt_sigtimedwait"          128   137   GENERIC_X;
    111 "rt_sigqueueinfo"          129   138   GENERIC_X;
    112 "rt_sigsuspend"            130   133   GENERIC_X;
    113 "getcwd"                   79    17    SYSCALL_GETCWD_X;
    114 "capget"                   125   90    GENERIC_X;
    115 "capset"                   126   91    SYSCALL_CAPSET_X;
    116 "sendfile"                 40    71    SYSCALL_SENDFILE_X;
    117 "getrlimit"                97    163   SYSCALL_GETRLIMIT_X;
    118 "lchown"                   94    -     SYSCALL_LCHOWN_X;
    119 "getuid"                   102   174   SYSCALL_GETUID_X;
    120 "getgid"                   104   176   SYSCALL_GETGID_X;
    121 "geteuid"                  107   175   SYSCALL_GETEUID_X;
    122 "getegid"                  108   177   SYSCALL_GETEGID_X;
    123 "setreuid"                 113   145   SYSCALL_SETREUID_X;
    124 "setregid"                 114   143   SYSCALL_SETREGID_X;
    125 "getgroups"                115   158   GENERIC_X;
    126 "setgroups"                116   159   GENERIC_X;
    127 "fchown"                   93    55    SYSCALL_FCHOWN_X;
    128 "setresuid"                117   147   SYSCALL_SETRESUID_X;
    129 "getresuid"                118   148   SYSCALL_GETRESUID_X;
    130 "setresgid"                119   149   SYSCALL_SETRESGID_X;
    131 "getresgid"                120   150   SYSCALL_GETRESGID_X;
    132 "chown"                    92    -     SYSCALL_CHOWN_X;
    133 "setuid"                   105   146   SYSCALL_SETUID_X;
    134 "setgid"                   106   144   SYSCALL_SETGID_X;
    135 "setfsuid"                 122   151   GENERIC_X;
    136 "setfsgid"                 123   152   GENERIC_X;
    137 "pivot_root"               155   41    GENERIC_X;
    138 "mincore"                  27    232   GENERIC_X;
    139 "madvise"                  28    233   GENERIC_X;
    140 "gettid"                   186   178   GENERIC_X;
    141 "setxattr"                 188   5     GENERIC_X;
    142 "lsetxattr"                189   6     GENERIC_X;
    143 "fsetxattr"                190   7     GENERIC_X;
    144 "getxattr"                 191   8     GENERIC_X;
    145 "lgetxattr"                192   9     GENERIC_X;
    146 "fgetxattr"                193   10    GENERIC_X;
    147 "listxattr"                194   11    GENERIC_X;
    148 "llistxattr"               195   12    GENERIC_X;
    149 "flistxattr"               196   13    GENERIC_X;
    150 "removexattr"              197   14    GENERIC_X;
    151 "lremovexattr"             198   15    GENERIC_X;
    152 "fremovexattr"             199   16    GENERIC_X;
    153 "tkill"                    200   130   SYSCALL_TKILL_X;
    154 "futex"                    202   98    SYSCALL_FUTEX_X;
    155 "sched_setaffinity"        203   122   GENERIC_X;
    156 "sched_getaffinity"        204   123   GENERIC_X;
    157 "set_thread_area"          205   -     GENERIC_X;
    158 "get_thread_area"          211   -     GENERIC_X;
    159 "io_setup"                 206   0     GENERIC_X;
    160 "io_destroy"               207   1     GENERIC_X;
    161 "io_getevents"             208   4     GENERIC_X;
    162 "io_submit"                209   2     GENERIC_X;
    163 "io_cancel"                210   3     GENERIC_X;
    164 "exit_group"               231   94    GENERIC_X;
    165 "epoll_create"             213   -     SYSCALL_EPOLL_CREATE_X;
    166 "epoll_ctl"                233   21    GENERIC_X;
    167 "epoll_wait"               232   -     SYSCALL_EPOLLWAIT_X;
    168 "remap_file_pages"         216   234   GENERIC_X;
    169 "set_tid_address"          218   96    GENERIC_X;
    170 "timer_create"             222   107   GENERIC_X;
    171 "timer_settime"            223   110   GENERIC_X;
    172 "timer_gettime"            224   108   GENERIC_X;
    173 "timer_getoverrun"         225   109   GENERIC_X;
    174 "timer_delete"             226   111   GENERIC_X;
    175 "clock_settime"            227   112   GENERIC_X;
    176 "clock_gettime"            228   113   GENERIC_X;
    177 "clock_getres"             229   114   GENERIC_X;
    178 "clock_nanosleep"          230   115   GENERIC_X;
    179 "tgkill"                   234   131   SYSCALL_TGKILL_X;
    180 "utimes"                   235   -     GENERIC_X;
    181 "mq_open"                  240   180   GENERIC_X;
    182 "mq_unlink"                241   181   GENERIC_X;
    183 "mq_timedsend"             242   182   GENERIC_X;
    184 "mq_timedreceive"          243   183   GENERIC_X;
    185 "mq_notify"                244   184   GENERIC_X;
    186 "mq_getsetattr"            245   185   GENERIC_X;
    187 "kexec_load"               246   104   GENERIC_X;
    188 "waitid"                   247   95    GENERIC_X;
    189 "add_key"                  248   217   GENERIC_X;
    190 "request_key"              249   218   GENERIC_X;
    191 "keyctl"                   250   219   SYSCALL_KEYCTL_X;
    192 "ioprio_set"               251   30    GENERIC_X;
    193 "ioprio_get"               252   31    GENERIC_X;
    194 "inotify_init"             253   -     SYSCALL_INOTIFY_INIT_X;
    195 "inotify_add_watch"        254   27    GENERIC_X;
    196 "inotify_rm_watch"         255   28    GENERIC_X;
    197 "openat"                   257   56    SYSCALL_OPENAT_2_X;
    198 "mkdirat"                  258   34    SYSCALL_MKDIRAT_X;
    199 "mknodat"                  259   33    SYSCALL_MKNODAT_X;
    200 "fchownat"                 260   54    SYSCALL_FCHOWNAT_X;
    201 "futimesat"                261   -     GENERIC_X;
    202 "unlinkat"                 263   35    SYSCALL_UNLINKAT_2_X;
    203 "renameat"                 264   38    SYSCALL_RENAMEAT_X;
    204 "linkat"                   265   37    SYSCALL_LINKAT_2_X;
    205 "symlinkat"                266   36    SYSCALL_SYMLINKAT_X;
    206 "readlinkat"               267   78    GENERIC_X;
    207 "fchmodat"                 268   53    SYSCALL_FCHMODAT_X;
    208 "faccessat"                269   48    GENERIC_X;
    209 "pselect6"                 270   72    GENERIC_X;
    210 "ppoll"                    271   73    SYSCALL_PPOLL_X;
    211 "unshare"                  272   97    SYSCALL_UNSHARE_X;
    212 "set_robust_list"          273   99    GENERIC_X;
    213 "get_robust_list"          274   100   GENERIC_X;
    214 "splice"                   275   76    SYSCALL_SPLICE_X;
    215 "tee"                      276   77    GENERIC_X;
    216 "vmsplice"                 278   75    GENERIC_X;
    217 "getcpu"                   309   168   GENERIC_X;
    218 "epoll_pwait"              281   22    GENERIC_X;
    219 "utimensat"                280   88    GENERIC_X;
    220 "signalfd"                 282   -     SYSCALL_SIGNALFD_X;
    221 "timerfd_create"           283   85    SYSCALL_TIMERFD_CREATE_X;
    222 "eventfd"                  284   -     SYSCALL_EVENTFD_X;
    223 "timerfd_settime"          286   86    GENERIC_X;
    224 "timerfd_gettime"          287   87    GENERIC_X;
    225 "signalfd4"                289   74    SYSCALL_SIGNALFD4_X;
    226 "eventfd2"                 290   19    SYSCALL_EVENTFD2_X;
    227 "epoll_create1"            291   20    SYSCALL_EPOLL_CREATE1_X;
    228 "dup3"                     292   24    SYSCALL_DUP3_X;
    229 "pipe2"                    293   59    SYSCALL_PIPE2_X;
    230 "inotify_init1"            294   26    SYSCALL_INOTIFY_INIT1_X;
    231 "preadv"                   295   69    SYSCALL_PREADV_X;
    232 "pwritev"                  296   70    SYSCALL_PWRITEV_X;
    233 "rt_tgsigqueueinfo"        297   240   GENERIC_X;
    234 "perf_event_open"          298   241   GENERIC_X;
    235 "fanotify_init"            300   262   GENERIC_X;
    236 "prlimit64"                302   261   SYSCALL_PRLIMIT_X;
    237 "clock_adjtime"            305   266   GENERIC_X;
    238 "syncfs"                   306   267   GENERIC_X;
    239 "setns"                    308   268   SYSCALL_SETNS_X;
    240 "getdents64"               217   61    SYSCALL_GETDENTS64_X;
    241 "socket"                   41    198   SOCKET_SOCKET_X;
    242 "bind"                     49    200   SOCKET_BIND_X;
    243 "connect"                  42    203   SOCKET_CONNECT_X;
    244 "listen"                   50    201   SOCKET_LISTEN_X;
    245 "accept"                   43    202   SOCKET_ACCEPT_5_X;
    246 "getsockname"              51    204   SOCKET_GETSOCKNAME_X;
    247 "getpeername"              52    205   SOCKET_GETPEERNAME_X;
    248 "socketpair"               53    199   SOCKET_SOCKETPAIR_X;
    249 "sendto"                   44    206   SOCKET_SENDTO_X;
    250 "recvfrom"                 45    207   SOCKET_RECVFROM_X;
    251 "shutdown"                 48    210   SOCKET_SHUTDOWN_X;
    252 "setsockopt"               54    208   SOCKET_SETSOCKOPT_X;
    253 "getsockopt"               55    209   SOCKET_GETSOCKOPT_X;
    254 "sendmsg"                  46    211   SOCKET_SENDMSG_X;
    255 "sendmmsg"                 307   269   SOCKET_SENDMMSG_X;
    256 "recvmsg"                  47    212   SOCKET_RECVMSG_X;
    257 "recvmmsg"                 299   243   SOCKET_RECVMMSG_X;
    258 "accept4"                  288   242   SOCKET_ACCEPT4_6_X;
    259 "semop"                    65    193   SYSCALL_SEMOP_X;
    260 "semget"                   64    190   SYSCALL_SEMGET_X;
    261 "semctl"                   66    191   SYSCALL_SEMCTL_X;
    262 "msgsnd"                   69    189   GENERIC_X;
    263 "msgrcv"                   70    188   GENERIC_X;
    264 "msgget"                   68    186   GENERIC_X;
    265 "msgctl"                   71    187   GENERIC_X;
    266 "shmdt"                    67    197   GENERIC_X;
    267 "shmget"                   29    194   GENERIC_X;
    268 "shmctl"                   31    195   GENERIC_X;
    269 "statfs64"                 -     -     GENERIC_X;
    270 "fstatfs64"                -     -     GENERIC_X;
    271 "fstatat64"                -     -     GENERIC_X;
    272 "sendfile64"               -     -     SYSCALL_SENDFILE_X;
    273 "ugetrlimit"               -     -     SYSCALL_GETRLIMIT_X;
    274 "bdflush"                  -     -     GENERIC_X;
    275 "sigprocmask"              -     -     GENERIC_X;
    276 "ipc"                      -     -     GENERIC_X;
    277 "socketcall"               -     -     GENERIC_X;
    278 "stat64"                   -     -     SYSCALL_STAT64_X;
    279 "lstat64"                  -     -     SYSCALL_LSTAT64_X;
    280 "fstat64"                  -     -     SYSCALL_FSTAT64_X;
    281 "fcntl64"                  -     -     SYSCALL_FCNTL_X;
    282 "mmap2"                    -     -     SYSCALL_MMAP2_X;
    283 "_newselect"               -     -     GENERIC_X;
    284 "sgetmask"                 -     -     GENERIC_X;
    285 "ssetmask"                 -     -     GENERIC_X;
    286 "sigpending"               -     -     GENERIC_X;
    287 "olduname"                 -     -     GENERIC_X;
    288 "umount"                   -     -     SYSCALL_UMOUNT_1_X;
    289 "signal"                   -     -     GENERIC_X;
    290 "nice"                     -     -     GENERIC_X;
    291 "stime"                    -     -     GENERIC_X;
    292 "_llseek"                  -     -     SYSCALL_LLSEEK_X;
    293 "waitpid"                  -     -     GENERIC_X;
    294 "pread64"                  17    67    SYSCALL_PREAD_X;
    295 "pwrite64"                 18    68    SYSCALL_PWRITE_X;
    296 "arch_prctl"               158   -     GENERIC_X;
    297 "shmat"                    30    196   GENERIC_X;
    298 "rt_sigreturn"             15    139   GENERIC_X;
    299 "fallocate"                285   47    GENERIC_X;
    300 "newfstatat"               262   79    SYSCALL_NEWFSTATAT_X;
    301 "process_vm_readv"         310   270   SYSCALL_PROCESS_VM_READV_X;
    302 "process_vm_writev"        311   271   SYSCALL_PROCESS_VM_WRITEV_X;
    303 "fork"                     57    -     SYSCALL_FORK_20_X;
    304 "vfork"                    58    -     SYSCALL_VFORK_20_X;
    305 "setuid32"                 -     -     SYSCALL_SETUID_X;
    306 "getuid32"                 -     -     SYSCALL_GETUID_X;
    307 "setgid32"                 -     -     SYSCALL_SETGID_X;
    308 "geteuid32"                -     -     SYSCALL_GETEUID_X;
    309 "getgid32"                 -     -     SYSCALL_GETGID_X;
    310 "setresuid32"              -     -     SYSCALL_SETRESUID_X;
    311 "setresgid32"              -     -     SYSCALL_SETRESGID_X;
    312 "getresuid32"              -     -     SYSCALL_GETRESUID_X;
    313 "getresgid32"              -     -     SYSCALL_GETRESGID_X;
    314 "finit_module"             313   273   SYSCALL_FINIT_MODULE_X;
    315 "bpf"                      321   280   SYSCALL_BPF_2_X;
    316 "seccomp"                  317   277   SYSCALL_SECCOMP_X;
    317 "sigaltstack"              131   132   GENERIC_X;
    318 "getrandom"                318   278   GENERIC_X;
    319 "fadvise64"                221   223   GENERIC_X;
    320 "renameat2"                316   276   SYSCALL_RENAMEAT2_X;
    321 "userfaultfd"              323   282   SYSCALL_USERFAULTFD_X;
    322 "openat2"                  437   437   SYSCALL_OPENAT2_X;
    323 "umount2"                  166   39    SYSCALL_UMOUNT2_X;
    324 "execve"                   59    221   SYSCALL_EXECVE_19_X;
    325 "execveat"                 322   281   SYSCALL_EXECVEAT_X;
    326 "copy_file_range"          326   285   SYSCALL_COPY_FILE_RANGE_X;
    327 "clone"                    56    220   SYSCALL_CLONE_20_X;
    328 "clone3"                   435   435   SYSCALL_CLONE3_X;
    329 "open_by_handle_at"        304   265   SYSCALL_OPEN_BY_HANDLE_AT_X;
    330 "io_uring_setup"           425   425   SYSCALL_IO_URING_SETUP_X;
    331 "io_uring_enter"           426   426   SYSCALL_IO_URING_ENTER_X;
    332 "io_uring_register"        427   427   SYSCALL_IO_URING_REGISTER_X;
    333 "mlock2"                   325   284   SYSCALL_MLOCK2_X;
    334 "getegid32"                -     -     SYSCALL_GETEGID_X;
    335 "fsconfig"                 431   431   SYSCALL_FSCONFIG_X;
    336 "fspick"                   433   433   GENERIC_X;
    337 "fsmount"                  432   432   GENERIC_X;
    338 "fsopen"                   430   430   GENERIC_X;
    339 "open_tree"                428   428   GENERIC_X;
    340 "move_mount"               429   429   GENERIC_X;
    341 "mount_setattr"            442   442   GENERIC_X;
    342 "memfd_create"             319   279   SYSCALL_MEMFD_CREATE_X;
    343 "memfd_secret"             447   447   GENERIC_X;
    344 "ioperm"                   173   -     GENERIC_X;
    345 "kexec_file_load"          320   294   GENERIC_X;
    346 "pidfd_getfd"              438   438   SYSCALL_PIDFD_GETFD_X;
    347 "pidfd_open"               434   434   SYSCALL_PIDFD_OPEN_X;
    348 "pidfd_send_signal"        424   424   GENERIC_X;
    349 "pkey_alloc"               330   289   GENERIC_X;
    350 "pkey_mprotect"            329   288   GENERIC_X;
    351 "pkey_free"                331   290   GENERIC_X;
    352 "landlock_create_ruleset"  444   444   GENERIC_X;
    353 "quotactl_fd"              443   443   GENERIC_X;
    354 "landlock_restrict_self"   446   446   GENERIC_X;
    355 "landlock_add_rule"        445   445   GENERIC_X;
    356 "epoll_pwait2"             441   441   GENERIC_X;
    357 "migrate_pages"            256   238   GENERIC_X;
    358 "move_pages"               279   239   GENERIC_X;
    359 "preadv2"                  327   286   GENERIC_X;
    360 "pwritev2"                 328   287   GENERIC_X;
    361 "kcmp"                     312   272   GENERIC_X;
    362 "sched_setattr"            314   274   GENERIC_X;
    363 "mbind"                    237   235   GENERIC_X;
    364 "epoll_ctl_old"            214   -     GENERIC_X;
    365 "lookup_dcookie"           212   18    GENERIC_X;
    366 "modify_ldt"               154   -     GENERIC_X;
    367 "statx"                    332   291   GENERIC_X;
    368 "set_mempolicy"            238   237   GENERIC_X;
    369 "io_pgetevents"            333   292   GENERIC_X;
    370 "set_mempolicy_home_node"  450   450   GENERIC_X;
    371 "semtimedop"               220   192   GENERIC_X;
    372 "get_kernel_syms"          -     -     GENERIC_X;
    373 "readahead"                187   213   GENERIC_X;
    374 "futex_waitv"              449   449   GENERIC_X;
    375 "getpmsg"                  -     -     GENERIC_X;
    376 "name_to_handle_at"        303   264   GENERIC_X;
    377 "process_mrelease"         448   448   GENERIC_X;
    378 "nfsservctl"               -     -     GENERIC_X;
    379 "epoll_wait_old"           215   -     GENERIC_X;
    380 "rseq"                     334   293   GENERIC_X;
    381 "create_module"            -     -     GENERIC_X;
    382 "na_1"                     -     -     GENERIC_X;
    383 "sched_getattr"            315   275   GENERIC_X;
    384 "faccessat2"               439   439   GENERIC_X;
    385 "_sysctl"                  -     -     GENERIC_X;
    386 "query_module"             -     -     GENERIC_X;
    387 "get_mempolicy"            239   236   GENERIC_X;
    388 "sync_file_range"          277   84    GENERIC_X;
    389 "process_madvise"          440   440   GENERIC_X;
    390 "membarrier"               324   283   GENERIC_X;
    391 "iopl"                     172   -     GENERIC_X;
    392 "close_range"              436   436   SYSCALL_CLOSE_RANGE_X;
    393 "fanotify_mark"            301   263   GENERIC_X;
    394 "recv"                     -     -     SOCKET_RECV_X;
    395 "send"                     -     -     SOCKET_SEND_X;
    396 "sched_process_exit"       -     -     GENERIC_X;
    397 "sched_switch"             -     -     GENERIC_X;
    398 "page_fault_user"          -     -     GENERIC_X;
    399 "page_fault_kernel"        -     -     GENERIC_X;
    400 "signal_deliver"           -     -     GENERIC_X;
    401 "timerfd"                  -     -     GENERIC_X;
    402 "s390_pci_mmio_read"       -     -     GENERIC_X;
    403 "sigaction"                -     -     GENERIC_X;
    404 "s390_pci_mmio_write"      -     -     GENERIC_X;
    405 "readdir"                  -     -     GENERIC_X;
    406 "s390_sthyi"               -     -     GENERIC_X;
    407 "sigsuspend"               -     -     GENERIC_X;
    408 "idle"                     -     -     GENERIC_X;
    409 "s390_runtime_instr"       -     -     GENERIC_X;
    410 "sigreturn"                -     -     GENERIC_X;
    411 "s390_guarded_storage"     -     -     GENERIC_X;
    412 "cachestat"                451   451   GENERIC_X;
    413 "fchmodat2"                452   452   GENERIC_X;
    414 "map_shadow_stack"         453   453   GENERIC_X;
    415 "riscv_flush_icache"       -     -     GENERIC_X;
    416 "riscv_hwprobe"            -     -     GENERIC_X;
    417 "futex_wake"               454   454   GENERIC_X;
    418 "futex_requeue"            456   456   GENERIC_X;
    419 "futex_wait"               455   455   GENERIC_X;
    420 "oldstat"                  -     -     GENERIC_X;
    421 "switch_endian"            -     -     GENERIC_X;
    422 "multiplexer"              -     -     GENERIC_X;
    423 "oldlstat"                 -     -     GENERIC_X;
    424 "spu_create"               -     -     GENERIC_X;
    425 "sync_file_range2"         -     -     GENERIC_X;
    426 "oldfstat"                 -     -     GENERIC_X;
    427 "spu_run"                  -     -     GENERIC_X;
    428 "swapcontext"              -     -     GENERIC_X;
    429 "pciconfig_write"          -     -     GENERIC_X;
    430 "rtas"                     -     -     GENERIC_X;
    431 "pciconfig_read"           -     -     GENERIC_X;
    432 "sys_debug_setcontext"     -     -     GENERIC_X;
    433 "vm86"                     -     -     GENERIC_X;
    434 "oldolduname"              -     -     GENERIC_X;
    435 "subpage_prot"             -     -     GENERIC_X;
    436 "pciconfig_iobase"         -     -     GENERIC_X;
    437 "listmount"                458   458   GENERIC_X;
    438 "statmount"                457   457   GENERIC_X;
    439 "lsm_get_self_attr"        459   459   GENERIC_X;
    440 "lsm_set_self_attr"        460   460   GENERIC_X;
    441 "lsm_list_modules"         461   461   GENERIC_X;
    442 "mseal"                    462   462   GENERIC_X;
    443 "uretprobe"                335   -     GENERIC_X;
    444 "removexattrat"            466   466   GENERIC_X;
    445 "listxattrat"              465   465   GENERIC_X;
    446 "getxattrat"               464   464   GENERIC_X;
    447 "setxattrat"               463   463   GENERIC_X;
    448 "open_tree_attr"           467   467   GENERIC_X;
    449 "file_getattr"             468   468   GENERIC_X;
    450 "file_setattr"             469   469   GENERIC_X;
    451 "listns"                   470   470   GENERIC_X;
    452 "uprobe"                   336   -     GENERIC_X;
    453 "rseq_slice_yield"         471   471   GENERIC_X;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_code() {
        for (at, row) in syscalls().iter().enumerate() {
            assert_eq!(usize::from(row.sc), at, "{}", row.name);
        }
    }

    #[test]
    fn numbers_are_unique_per_architecture() {
        for arch in [Arch::X86_64, Arch::Aarch64] {
            let mut seen = std::collections::HashMap::new();
            for row in syscalls() {
                if let Some(n) = row.number(arch)
                    && let Some(other) = seen.insert(n, row.name)
                {
                    panic!("{n} is both {other} and {} on {arch:?}", row.name);
                }
            }
        }
    }

    #[test]
    fn known_numbers_hold() {
        assert_eq!(syscall_by_name("openat").and_then(|s| s.x86_64), Some(257));
        assert_eq!(syscall_by_number(Arch::Aarch64, 56).map(|s| s.name), Some("openat"));
    }
}
