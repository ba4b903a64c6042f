/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What the recorder tells the programs, and what they tell it. capture/src/plan/op.rs and
 * capture/src/ebpf/record.rs hold the same layouts; a test compares the numbers.
 */
#ifndef SCAP_PLAN_H
#define SCAP_PLAN_H

#include "kernel.h"

enum {
	PLANS = 517,          /* 0-511: system calls by number; from 512 on: */
	PLAN_EXEC = 512,      /* a successful execve or execveat */
	PLAN_EXIT = 513,      /* a thread ended */
	PLAN_SIGNAL = 514,    /* a signal was delivered */
	PLAN_COMPAT = 515,    /* a system call of a 32-bit program */
	PLAN_UNKNOWN = 516,   /* a system call with a number past the table */
	MAX_OPS = 8,
};

/* When an op is done; otherwise it gives an empty capture. */
enum {
	WHEN_ALWAYS, WHEN_DONE /* ret >= 0 */, WHEN_ZERO, WHEN_POSITIVE, WHEN_CONNECTED /* 0 or EINPROGRESS */,
};

/* What to capture. Slots 0-5 are the arguments, 6 is the return value, 7 an address found on the way. */
enum {
	SLOT_RET = 6, SLOT_FOUND = 7, SLOT_NONE = 255,

	OP_TEXT = 1,   /* string at a, at most limit bytes with its NUL */
	OP_DATA,       /* bytes at a; length: slot b, or slot c if that is positive; at most snaplen or limit */
	OP_MEM,        /* exactly limit bytes at a */
	OP_IOV,        /* iovec array at a with b entries; at most snaplen or ret; aux = bytes asked for */
	OP_MSG,        /* msghdr at a: three captures: data as OP_IOV, control, name */
	OP_MMSG,       /* mmsghdr array at a, ret entries: for each five: length, data, control, name, tuple */
	OP_ADDR,       /* socket address at a with length b */
	OP_TUPLE,      /* both ends of socket a, address given by the caller at b */
	OP_FILE,       /* file behind fd a */
	OP_QUEUE,      /* backlog of listening socket a */
	OP_VM,         /* sizes of the address space */
	OP_CAPS,       /* capability sets */
	OP_PATH,       /* path of the file behind fd a */
	OP_FDS,        /* pollfd array at a with b entries, at most limit */
	OP_PAIR,       /* two fds at a, and the sockets behind them */
	OP_PIPE,       /* two fds at a, and the inode behind the first */
	OP_TASK,       /* struct task_info */
	OP_ARGS,       /* argument strings of the process */
	OP_ENV,        /* environment strings of the process */
	OP_STRINGS,    /* strings of the pointer array at a */
	OP_CGROUPS,    /* cgroup paths */
	OP_EXE,        /* path of the executable */
	OP_FILENAME,   /* path given to execve (only in PLAN_EXEC…) */
	OP_LENPTR,     /* as OP_DATA, with the length in an int at b */
};

enum { FLAG_INBOUND = 1, FLAG_SNAPLEN = 2, FLAG_RET_LIMITS = 4 };

struct op {
	u8 kind, a, b, c;
	u8 when;
	u8 flags;
	u8 select;       /* slot whose value decides, with mask: done if bit (value >> shift) & 63 is set */
	u8 shift;
	u64 mask;        /* 0: nothing decides */
	u32 limit;
	u32 unused;
};

struct plan {
	u8 enabled, ops, args, unused[5];
	struct op op[MAX_OPS];
};

struct settings {
	u32 state;       /* 0 off, 1 learning who the recorder is, 2 recording */
	u32 self;        /* tgid of the recorder */
	u32 trees;       /* 1: only processes in `followed` */
	u32 skips;       /* entries in `skipped` */
	u32 snaplen;
	u32 nonce;       /* learning: argument of the call that tells */
	u64 wake;        /* full chunks of a lane that wake the recorder */
};

/*
 * Records go to the recorder in chunks of memory that both sides see. A CPU has a lane of several chunks, which it fills
 * one after the other: each record is 8 bytes of length, then itself, padded to 8. A chunk is full when the next record would
 * start at CHUNK or behind; the last one may run over it. Only programs on its CPU write to a lane, and only the
 * recorder gives chunks back, so there are no locks, and hardly a cache line that both write.
 */
enum {
	CHUNK = 1 << 18,
	CHUNK_BYTES = CHUNK + (1 << 16) + 64,
};

struct chunk {
	u8 data[CHUNK_BYTES];
};

struct lane {
	u64 head;        /* ordinal of the chunk being filled in the upper half, offset of its end in the lower */
	u32 first, count; /* its chunks; count is a power of two, or 0 for a CPU without any */
	u64 unused[6];
	u64 done;        /* chunks given back, written by the recorder; in a cache line of its own */
	u64 unused_too[7];
};

struct counters {
	u64 events, full, other, compat;
};

/* What is counted of io_uring: operations (IORING_OP_...) that a process submitted. */
struct uring_key {
	u32 pid, op;
};

/* Head of every record; little-endian, then the arguments (8 bytes each), then the captures. */
struct record {
	u64 time;        /* ns since boot, suspend included */
	u32 tid, pid;
	u16 plan;
	u8 args, unused;
	u16 nr, cpu;
	s64 ret;
};

/* Head of a capture, which is padded to 8 bytes. */
struct capture {
	u32 len, aux;
};

struct task_info {
	u32 tid, pid, ptid, vtid, vpid, pgid, vpgid;
	u32 tty, loginuid, uid, gid, exe_flags;
	u32 vm_size, vm_rss, vm_swap;
	u32 pidns;       /* bit 0: not in the initial pid namespace; bit 1: children will be in another one */
	u64 fdlimit, maj_flt, min_flt;
	u64 caps[3];     /* inheritable, permitted, effective */
	u64 ino, ctime, mtime;
	u64 pidns_start; /* when the first process of the pid namespace started, ns since boot */
	char comm[16];
};

struct file_info {
	u64 ino;
	u32 dev, mode, layer /* 1 upper, 2 lower */, unused;
};

struct tuple_info {
	u8 local[16], remote[16];
	u64 self, peer;
	u16 family, local_port, remote_port; /* ports in network order */
	u16 unused;
};

#endif
