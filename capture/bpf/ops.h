/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The interpreter: runs one op of a call's plan. */
#ifndef SCAP_OPS_H
#define SCAP_OPS_H

#include "vectors.h"
#include "tasks.h"
#include "paths.h"

INLINE u32 due(struct work *w, struct op *op)
{
	s64 ret = w->slot[SLOT_RET];
	switch (op->when) {
	case WHEN_DONE:
		if (ret < 0)
			return 0;
		break;
	case WHEN_ZERO:
		if (ret)
			return 0;
		break;
	case WHEN_POSITIVE:
		if (ret <= 0)
			return 0;
		break;
	case WHEN_CONNECTED:
		if (ret && ret != -EINPROGRESS)
			return 0;
		break;
	}
	return !op->mask || op->mask >> ((w->slot[op->select & 7] >> (op->shift & 63)) & 63) & 1;
}

/* How many captures an op gives, for one that is not due. */
INLINE u32 captures_of(u32 kind)
{
	return kind == OP_MSG ? 3 : kind == OP_CGROUPS ? 5 : kind == OP_MMSG ? 0 : 1;
}

INLINE u32 data_limit(struct work *w, struct op *op, u32 snaplen)
{
	u32 limit = op->flags & FLAG_SNAPLEN ? snaplen : op->limit;
	s64 ret = w->slot[SLOT_RET];
	if ((op->flags & FLAG_RET_LIMITS) && ret > 0 && ret < limit)
		limit = ret;
	return limit;
}

CHECKED_ALONE int run_op(u32 i)
{
	struct work *w = work();
	struct settings *s = config();
	if (!w || !s)
		return 0;
	struct plan *plan = map_lookup(&plans, &w->plan);
	if (!plan || i >= MAX_OPS)
		return 0;
	struct op *op = &plan->op[i];
	if (!due(w, op)) {
		u32 n = captures_of(op->kind);
		for (u32 k = 0; k < 5; k++)
			if (k < n)
				seal(w, 0, 0);
		return 0;
	}
	u64 a = w->slot[op->a & 7], b = w->slot[op->b & 7];
	switch (op->kind) {
	case OP_TEXT:
		capture_text(w, a, op->limit);
		break;
	case OP_DATA: {
		s64 c = w->slot[op->c & 7];
		capture_bytes(w, a, op->c != SLOT_NONE && c > 0 ? c : b, data_limit(w, op, s->snaplen));
		break;
	}
	case OP_LENPTR: {
		s32 len = 0;
		read_user(&len, 4, (void *)b);
		capture_bytes(w, a, len > 0 ? len : 0, op->limit);
		break;
	}
	case OP_MEM:
		capture_bytes(w, a, op->limit, op->limit);
		break;
	case OP_IOV:
		capture_iov(a, b, data_limit(w, op, s->snaplen));
		break;
	case OP_MSG:
		capture_message(a, data_limit(w, op, s->snaplen));
		break;
	case OP_MMSG:
		op_messages(op->a, op->flags & FLAG_INBOUND);
		break;
	case OP_ADDR:
		capture_bytes(w, a, b & 0xffff, 128);
		break;
	case OP_TUPLE:
		op_tuple(op->a, op->b, op->flags & FLAG_INBOUND);
		break;
	case OP_FILE:
		op_file(op->a);
		break;
	case OP_QUEUE:
		op_queue(op->a);
		break;
	case OP_VM:
		op_vm();
		break;
	case OP_CAPS:
		op_caps();
		break;
	case OP_PATH:
		capture_path((u64)file_of(a));
		break;
	case OP_FDS:
		capture_bytes(w, a, (b & 0xffff) * 8, op->limit * 8);
		break;
	case OP_PAIR:
		op_two_fds(op->a, 1);
		break;
	case OP_PIPE:
		op_two_fds(op->a, 0);
		break;
	case OP_TASK:
		op_task();
		break;
	case OP_ARGS: {
		struct mm_struct *mm = READ(current(), mm);
		capture_range(READ(mm, arg_start), READ(mm, arg_end));
		break;
	}
	case OP_ENV: {
		struct mm_struct *mm = READ(current(), mm);
		capture_range(READ(mm, env_start), READ(mm, env_end));
		break;
	}
	case OP_STRINGS:
		op_strings(op->a);
		break;
	case OP_CGROUPS:
		op_cgroups(w);
		break;
	case OP_EXE: {
		struct mm_struct *mm = READ(current(), mm);
		capture_path((u64)READ(mm, exe_file));
		break;
	}
	case OP_FILENAME:
		capture_kernel_text(w, w->filename);
		break;
	default:
		seal(w, 0, 0);
	}
	return 0;
}

#endif
