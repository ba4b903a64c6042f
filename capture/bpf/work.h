/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the programs share: maps, and the place where a CPU puts a record together, capture by capture. */
#ifndef SCAP_WORK_H
#define SCAP_WORK_H

#include "plan.h"

enum {
	DATA_SIZE = 1 << 17,
	MASK = (1 << 16) - 1, /* where a capture may start; DATA_SIZE leaves room for one of 64 KiB */
	RECORD_MAX = 60 << 10,
	PATH_MAX = 4096,
	COMPAT = 2,           /* thread_info.status: TS_COMPAT */
	KTHREAD = 0x200000, EXITING = 4,
	X32 = 0x40000000,
	EINPROGRESS = 115,
	NR_GETSID = 124, NR_EXECVE = 59, NR_EXECVEAT = 322,
};

/* Where one CPU puts its record together. */
struct work {
	u64 slot[8];
	u32 plan, off, busy;
	const char *filename;
	/* State of a loop, whose body is a function checked alone: kept here, so that the verifier need not follow it. */
	u64 at, at2, asked;
	u32 start, done, limit, rooted;
	u8 data[DATA_SIZE];
};

struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_SIZE(PLANS);
	u32 *key;
	struct plan *value;
} plans SEC(".maps");

struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_SIZE(1);
	u32 *key;
	struct settings *value;
} settings SEC(".maps");

/* The next three have an entry per CPU; the loader sets how many. */
struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_SIZE(1);
	u32 *key;
	struct work *value;
} works SEC(".maps");

struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_SIZE(1);
	u32 *key;
	struct counters *value;
} counts SEC(".maps");

struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_FLAGS(MMAPABLE);
	MAP_SIZE(1);
	u32 *key;
	struct lane *value;
} lanes SEC(".maps");

/* As many as all lanes have; the loader sets how many. */
struct {
	MAP_TYPE(MAP_ARRAY);
	MAP_FLAGS(MMAPABLE);
	MAP_SIZE(1);
	u32 *key;
	struct chunk *value;
} chunks SEC(".maps");

/* Wakes the recorder; what is in it means nothing. */
struct {
	MAP_TYPE(MAP_RINGBUF);
	MAP_SIZE(4096);
} bell SEC(".maps");

struct {
	MAP_TYPE(MAP_HASH);
	MAP_SIZE(65536);
	u32 *key;
	u8 *value;
} followed SEC(".maps");

struct {
	MAP_TYPE(MAP_HASH);
	MAP_SIZE(1024);
	u32 *key;
	u8 *value;
} skipped SEC(".maps");

struct {
	MAP_TYPE(MAP_HASH);
	MAP_SIZE(8192);
	struct uring_key *key;
	u64 *value;
} urings SEC(".maps");

INLINE struct work *work(void)
{
	u32 cpu = cpu_now();
	return map_lookup(&works, &cpu);
}

INLINE struct settings *config(void)
{
	u32 zero = 0;
	return map_lookup(&settings, &zero);
}

INLINE struct counters *counter(void)
{
	u32 cpu = cpu_now();
	return map_lookup(&counts, &cpu);
}

/* Where the next capture's bytes go; the head comes before them. */
INLINE u8 *room(struct work *w)
{
	return &w->data[(w->off + sizeof(struct capture)) & MASK];
}

/* Ends a capture of `len` bytes that were put into room(). */
INLINE void seal(struct work *w, u32 len, u32 aux)
{
	struct capture *head = (struct capture *)&w->data[w->off & MASK];
	head->len = len;
	head->aux = aux;
	w->off += sizeof(*head) + ((len + 7) & ~7u);
}

INLINE void capture_text(struct work *w, u64 from, u32 limit)
{
	long n = 0;
	if (from)
		n = read_user_str(room(w), limit & 0x1fff, (void *)from);
	seal(w, n > 0 ? n & MASK : 0, 0);
}

INLINE void capture_kernel_text(struct work *w, const void *from)
{
	long n = from ? read_kernel_str(room(w), PATH_MAX, from) : 0;
	seal(w, n > 0 ? n & MASK : 0, 0);
}

INLINE void capture_bytes(struct work *w, u64 from, u64 len, u32 limit)
{
	u32 n = len > limit ? limit : len;
	n &= MASK;
	if (!from || !n || read_user(room(w), n, (void *)from))
		n = 0;
	seal(w, n, 0);
}

#endif
