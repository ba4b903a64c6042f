/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Captures of iovec arrays, messages and pairs of fds. */
#ifndef SCAP_VECTORS_H
#define SCAP_VECTORS_H

#include "files.h"

struct iov { u64 base, len; };

/* Takes one entry; 0 at the end. */
CHECKED_ALONE int iov_step(void)
{
	struct work *w = work();
	struct iov iov;
	if (!w || read_user(&iov, sizeof(iov), (void *)w->at))
		return 0;
	w->at += sizeof(iov);
	w->asked += iov.len;
	u32 left = w->limit - w->done;
	if (w->limit <= w->done || !iov.base || !iov.len)
		return 1;
	u32 n = iov.len > left ? left : iov.len;
	n &= MASK;
	if (read_user(&w->data[(w->start + w->done) & MASK], n, (void *)iov.base))
		w->limit = w->done;
	else
		w->done += n;
	return 1;
}

CHECKED_ALONE int capture_iov(u64 from, u64 count, u32 limit)
{
	struct work *w = work();
	if (!w)
		return 0;
	w->start = w->off + sizeof(struct capture);
	w->done = 0;
	w->asked = 0;
	w->limit = limit & MASK;
	w->at = from;
	for (u32 i = 0; i < 64; i++)
		if (i >= count || !iov_step())
			break;
	u64 asked = w->asked;
	seal(w, w->done & MASK, asked > 0xfffffffe ? 0xfffffffe : asked);
	return 0;
}

struct message { u64 name; u32 name_len, pad; u64 iov, iov_len, control, control_len, flags; };

/* Data, control and name of the message at `from`; leaves the name's address for op_tuple. */
CHECKED_ALONE int capture_message(u64 from, u32 limit)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct message m = {};
	w->slot[SLOT_FOUND] = 0;
	if (read_user(&m, sizeof(m), (void *)from)) {
		seal(w, 0, 0xffffffff); /* tells an unreadable message from an empty one */
		seal(w, 0, 0);
		seal(w, 0, 0);
		return 0;
	}
	w->slot[SLOT_FOUND] = m.name;
	capture_iov(m.iov, m.iov_len, limit);
	capture_bytes(w, m.control, m.control_len, 4096);
	capture_bytes(w, m.name, m.name_len, 128);
	return 0;
}

enum { MESSAGES = 16 };

/* A message of sendmmsg or recvmmsg: its length, what capture_message gives, and the tuple. */
CHECKED_ALONE int message_step(u32 slot, u32 i, u32 inbound)
{
	struct work *w = work();
	struct settings *s = config();
	if (!w || !s || w->off > RECORD_MAX / 2)
		return 0;
	u64 at = w->slot[slot & 7] + i * (sizeof(struct message) + 8ul);
	u32 len = 0;
	read_user(&len, 4, (void *)(at + sizeof(struct message)));
	*(u32 *)room(w) = len;
	seal(w, 4, 0);
	capture_message(at, len < s->snaplen ? len : s->snaplen);
	op_tuple(0, SLOT_FOUND, inbound);
	return 1;
}

CHECKED_ALONE int op_messages(u32 slot, u32 inbound)
{
	struct work *w = work();
	if (!w)
		return 0;
	s64 ret = w->slot[SLOT_RET];
	s32 done = 0;
	for (s32 i = 0; i < MESSAGES; i++) {
		if (i >= ret || !message_step(slot, i, inbound))
			break;
		done = i + 1;
	}
	/* Messages past those are lost, and counted so. */
	struct counters *n = counter();
	if (n && ret > done)
		n->other += ret - done;
	return 0;
}

/* Two fds, and what is behind the first: the sockets (pair) or the inode (pipe). */
CHECKED_ALONE int op_two_fds(u32 slot, u32 sockets)
{
	struct work *w = work();
	if (!w)
		return 0;
	s32 fds[2] = { -1, -1 };
	struct { s32 fds[2]; u64 first, second; } *out = (void *)room(w);
	u32 bad = read_user(fds, 8, (void *)w->slot[slot & 7]) != 0;
	out->fds[0] = bad ? -1 : fds[0];
	out->fds[1] = bad ? -1 : fds[1];
	out->first = out->second = 0;
	if (!bad && !w->slot[SLOT_RET]) {
		if (sockets) {
			struct sock *sk = sock_of(fds[0]);
			out->first = (u64)sk;
			if (sk)
				out->second = (u64)READ((struct unix_sock *)sk, peer);
		} else {
			struct file *file = file_of(fds[0]);
			struct inode *inode = READ(file, f_inode);
			out->first = READ(inode, i_ino);
		}
	}
	seal(w, sizeof(*out), 0);
	return 0;
}

#endif
