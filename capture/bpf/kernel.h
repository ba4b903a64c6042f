/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The kernel structures that the programs look into, each with only the fields they read. Offsets are
 * those of the running kernel: the loader relocates every access by name (CO-RE), so order and gaps here
 * mean nothing. A name ending in ___something is another kernel version's shape of the same structure.
 */
#ifndef SCAP_KERNEL_H
#define SCAP_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

/* 64 bits in every version, under different names; read as a whole. */
struct cap_set { u64 bits; };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long bp, r10, r9, r8, cx, dx, si, di, orig_ax, bx;
};

struct kuid_t { u32 val; };
struct kgid_t { u32 val; };

struct list_head {
	struct list_head *next;
};

struct atomic_t { int counter; };

struct uid_gid_extent {
	u32 first, lower_first, count;
};

struct uid_gid_map {
	struct uid_gid_extent extent[5];
	u32 nr_extents;
};

struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
	int level;
};

struct group_info {
	int ngroups;
	struct kgid_t gid[0];
};

struct cred {
	struct kuid_t uid, euid, fsuid;
	struct kgid_t gid, egid, fsgid;
	struct cap_set cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[0];
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic, s_flags;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct inode {
	u16 i_mode;
	struct kuid_t i_uid;
	struct kgid_t i_gid;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	s64 i_ctime_sec, i_mtime_sec;
	u32 i_ctime_nsec, i_mtime_nsec;
};

/* Up to 6.5, and 6.6 to 6.10. */
struct inode___times {
	struct timespec64 i_ctime, i_mtime;
};
struct inode___private_times {
	struct timespec64 __i_ctime, __i_mtime;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct percpu_counter { s64 count; };

struct mm_struct {
	unsigned long total_vm, arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4];
};

/* Up to 6.1. */
struct atomic_long { long counter; };
struct mm_rss_stat {
	struct atomic_long count[4];
};
struct mm_struct___atomic {
	struct mm_rss_stat rss_stat;
};

struct rlimit { unsigned long rlim_cur, rlim_max; };

struct tty_driver { int major, minor_start; };
struct tty_struct {
	struct tty_driver *driver;
	int index;
};

struct signal_struct {
	struct atomic_t live;
	struct list_head thread_head;
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
};

/* Up to 6.14. */
struct kernfs_node___parent {
	struct kernfs_node *parent;
};

struct cgroup { struct kernfs_node *kn; };
struct cgroup_subsys { const char *name; };
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};
struct css_set {
	struct cgroup_subsys_state *subsys[12];
};

struct thread_info { u32 status; };

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct list_head children, thread_node;
	struct pid *thread_pid;
	u64 start_time;
	unsigned long min_flt, maj_flt;
	struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct kuid_t loginuid;
	struct css_set *cgroups;
};

struct linux_binprm { const char *filename; };

union __sifields {
	struct { int _pid; } _kill;
	struct { int _pid; } _rt;
	struct { int _pid; } _sigchld;
};
struct kernel_siginfo {
	int si_code;
	union __sifields _sifields;
};

struct io_kiocb { u8 opcode; };

struct in6_addr { u8 bytes[16]; };
struct sock_common {
	u32 skc_daddr;
	u16 skc_dport, skc_family;
	struct in6_addr skc_v6_daddr;
};
struct sock {
	struct sock_common __sk_common;
	u32 sk_ack_backlog, sk_max_ack_backlog;
};
struct socket { struct sock *sk; };
struct ipv6_pinfo { struct in6_addr saddr; };
struct inet_sock {
	struct ipv6_pinfo *pinet6;
	u32 inet_saddr;
	u16 inet_sport;
};
struct sockaddr_un { u16 sun_family; };
struct unix_address {
	int len;
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

enum bpf_func_id { BPF_FUNC_get_current_task_btf = 158 };

enum cgroup_subsys_id {
	cpuset_cgrp_id, cpu_cgrp_id, cpuacct_cgrp_id, io_cgrp_id, memory_cgrp_id,
};

#pragma clang attribute pop

/* What the kernel offers to programs; the numbers are its stable interface (linux/bpf.h). */
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u32 (*cpu_now)(void) = (void *)8;
static u64 (*pid_tgid_now)(void) = (void *)14;
static u64 (*task_now)(void) = (void *)35;
static long (*read_user)(void *dst, u32 size, const void *from) = (void *)112;
static long (*read_kernel)(void *dst, u32 size, const void *from) = (void *)113;
static long (*read_user_str)(void *dst, u32 size, const void *from) = (void *)114;
static long (*read_kernel_str)(void *dst, u32 size, const void *from) = (void *)115;
static u64 (*boot_ns)(void) = (void *)125;
static struct task_struct *(*typed_task_now)(void) = (void *)158;
static long (*ring_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;

enum { NO_EXIST = 1 };
enum { RING_FORCE_WAKEUP = 2 };
enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_RINGBUF = 27 };
enum { MMAPABLE = 1 << 10 };

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/* A function the verifier checks once, by itself, whoever calls it. */
#define CHECKED_ALONE __attribute__((noinline))
#define MAP_TYPE(t) int (*type)[t]
#define MAP_SIZE(n) int (*max_entries)[n]
#define MAP_FLAGS(f) int (*map_flags)[f]

/* Field of a structure in kernel memory; zero if unreadable. */
#define READ(ptr, field)                                                                             \
	({                                                                                           \
		typeof((ptr)->field) value_ = {};                                                    \
		read_kernel(&value_, sizeof(value_), &(ptr)->field);                                 \
		value_;                                                                              \
	})

/* From 5.11 on the task comes with its type: its fields are then read like memory of our own. */
#define TASK_IS_TYPED ENUM_EXISTS(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)
#define TYPE_SIZE(type) __builtin_preserve_type_info(*(type *)0, 1)
#define TYPE_EXISTS(type) __builtin_preserve_type_info(*(type *)0, 0)
#define ENUM_EXISTS(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 0)
#define ENUM_VALUE(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 1)

/* A bit field: its bytes are read, then shifted by what the loader puts in. */
#define READ_BITS(ptr, field)                                                                        \
	({                                                                                           \
		u64 word_ = 0;                                                                       \
		read_kernel(&word_, __builtin_preserve_field_info((ptr)->field, 1),                  \
			    (void *)(ptr) + __builtin_preserve_field_info((ptr)->field, 0));         \
		word_ <<= __builtin_preserve_field_info((ptr)->field, 4);                            \
		word_ >> __builtin_preserve_field_info((ptr)->field, 5);                             \
	})

#endif
