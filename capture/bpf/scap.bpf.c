/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Records system calls, process ends and signals.
 *
 * One generic program on sys_exit looks up the call's plan, a short list of ops the recorder has put
 * into a map, and captures what they say: nothing here knows what an event's parameters are. Successful
 * execs are taken where the kernel has just replaced the program (sched_process_exec). Arguments are read
 * at exit only: the registers still hold them then, and pages they point to have been touched. Captures are
 * raw; turning them into parameters is the recorder's work, which costs the recorded process nothing.
 *
 * Built by capture/bpf/build, which also says how; the object beside this file is committed.
 */
#include "ops.h"

/*
 * Every program twice: for tracepoints with types (tp_btf), whose arguments can be read like memory of our own, and for
 * raw ones, which every kernel that loads us has; there, `typed` being 0, helpers read them.
 */
#define PROGRAM(name, tracepoint)                                                                    \
	static int name##_body(u64 *ctx, const u32 typed);                                           \
	SEC("tp_btf/" tracepoint) int name(u64 *ctx) { return name##_body(ctx, 1); }                 \
	SEC("raw_tp/" tracepoint) int name##_raw(u64 *ctx) { return name##_body(ctx, 0); }           \
	INLINE int name##_body(u64 *ctx, const u32 typed)

/* Field of an argument of the tracepoint. */
#define FIELD(ptr, field) (typed ? (ptr)->field : READ(ptr, field))

/* The kernel knows a few licenses by name; of ours, this one. */
char LICENSE[] SEC("license") = "GPL";

INLINE u32 recorded(struct settings *s, u32 pid)
{
	if (s->state != 2 || pid == s->self)
		return 0;
	if (s->trees && !map_lookup(&followed, &pid))
		return 0;
	return !s->skips || !map_lookup(&skipped, &pid);
}

/* The place to put a record together; none while another program of this CPU, which was interrupted, has it. */
INLINE struct work *take(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	if (w->busy) {
		struct counters *n = counter();
		if (n)
			n->other++;
		return 0;
	}
	w->busy = 1;
	return w;
}

/* `who` is the process in the upper half, the thread in the lower. */
INLINE struct record *begin(struct work *w, u64 who, u32 plan, u32 nr, s64 ret)
{
	struct record *r = (struct record *)w->data;
	r->time = boot_ns();
	r->tid = who;
	r->pid = who >> 32;
	r->plan = plan;
	r->args = 0;
	r->unused = 0;
	r->nr = nr;
	r->cpu = cpu_now();
	r->ret = ret;
	w->plan = plan;
	w->slot[SLOT_RET] = ret;
	w->off = sizeof(*r);
	return r;
}

INLINE void hand_over(struct work *w, struct settings *s)
{
	u32 cpu = cpu_now();
	struct counters *n = map_lookup(&counts, &cpu);
	struct lane *lane = map_lookup(&lanes, &cpu);
	if (!n || !lane)
		return;
	u32 len = w->off;
	if (!lane->count || len > MASK) {
		n->other++;
		return;
	}
	u64 head = lane->head;
	u32 ordinal = head >> 32, off = head;
	if (off >= CHUNK) {
		u64 full = ordinal + 1 - *(volatile u64 *)&lane->done;
		if (full >= lane->count) {
			n->full++;
			return;
		}
		/* The recorder looks by itself every few ms; only a lane that fills up faster wakes it. */
		if (full >= s->wake)
			ring_output(&bell, &full, sizeof(full), RING_FORCE_WAKEUP);
		ordinal++;
		off = 0;
	}
	u32 index = lane->first + (ordinal & (lane->count - 1));
	struct chunk *chunk = map_lookup(&chunks, &index);
	if (!chunk) {
		n->other++;
		return;
	}
	u8 *to = &chunk->data[off & (CHUNK - 1)];
	*(u64 *)to = len;
	/* Both are memory of ours: this only copies. */
	read_kernel(to + 8, len & MASK, w->data);
	off += 8 + ((len + 7) & ~7u);
	/* The processor shows its stores in their order; the compiler has to keep it too. */
	asm volatile("" ::: "memory");
	*(volatile u64 *)&lane->head = (u64)ordinal << 32 | off;
	n->events++;
}

/* Hands the record over to the recorder, and leaves the place to the next one. */
INLINE void submit(struct work *w, struct settings *s)
{
	hand_over(w, s);
	w->busy = 0;
}

INLINE void run(struct work *w, struct plan *plan)
{
	for (u32 i = 0; i < MAX_OPS; i++) {
		if (i >= plan->ops)
			break;
		run_op(i);
	}
}

/* While learning, the recorder makes one call nobody else makes, and so tells its number to this side of namespaces. */
INLINE void learn(struct settings *s, u64 nr, u32 arg)
{
	if (nr == NR_GETSID && arg == s->nonce)
		s->self = pid_tgid_now() >> 32;
}

PROGRAM(on_sys_exit, "sys_exit")
{
	struct settings *s = config();
	if (!s || !s->state)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	if (s->state == 1) {
		learn(s, FIELD(regs, orig_ax), FIELD(regs, di));
		return 0;
	}
	u64 who = pid_tgid_now();
	if (!recorded(s, who >> 32))
		return 0;
	u64 nr = FIELD(regs, orig_ax);
	s64 ret = ctx[1];
	u32 plan_index = nr;
	u32 compat = COMPAT & (TASK_IS_TYPED ? typed_task_now()->thread_info.status
	                                     : READ(current(), thread_info.status));
	/* An exec that turned a 64-bit program into a 32-bit one ends as a 64-bit call. */
	if (compat && nr != NR_EXECVE && nr != NR_EXECVEAT)
		plan_index = PLAN_COMPAT;
	else if ((s64)nr < 0)
		return 0; /* no call at all: the return from a signal handler */
	else if (nr & X32)
		plan_index = PLAN_COMPAT;
	else if (nr >= PLAN_EXEC)
		plan_index = PLAN_UNKNOWN;
	struct plan *plan = map_lookup(&plans, &plan_index);
	if (!plan || !plan->enabled)
		return 0;
	/* Successful execs were taken by on_exec, which still had the path. */
	if ((nr == NR_EXECVE || nr == NR_EXECVEAT) && !ret)
		return 0;
	struct work *w = take();
	if (!w)
		return 0;
	struct record *r = begin(w, who, plan_index, nr, ret);
	if (plan_index == PLAN_COMPAT) {
		struct counters *n = counter();
		if (n)
			n->compat++;
	} else {
		w->slot[0] = FIELD(regs, di);
		w->slot[1] = FIELD(regs, si);
		w->slot[2] = FIELD(regs, dx);
		w->slot[3] = FIELD(regs, r10);
		w->slot[4] = FIELD(regs, r8);
		w->slot[5] = FIELD(regs, r9);
		u64 *args = (u64 *)(r + 1);
		u32 count = plan->args;
		if (count > 6)
			count = 6;
		for (u32 i = 0; i < 6; i++)
			if (i < count)
				args[i] = w->slot[i];
		r->args = count;
		w->off += count * 8;
		run(w, plan);
	}
	submit(w, s);
	return 0;
}

PROGRAM(on_exec, "sched_process_exec")
{
	struct settings *s = config();
	struct task_struct *task = current();
	u64 who = pid_tgid_now();
	if (!s || !recorded(s, who >> 32) || (READ(task, flags) & KTHREAD))
		return 0;
	struct linux_binprm *bprm = (struct linux_binprm *)ctx[2];
	u32 index = PLAN_EXEC;
	struct plan *plan = map_lookup(&plans, &index);
	if (!plan || !plan->enabled)
		return 0;
	struct work *w = take();
	if (!w)
		return 0;
	begin(w, who, index, NR_EXECVE, 0);
	w->filename = READ(bprm, filename);
	run(w, plan);
	submit(w, s);
	return 0;
}

PROGRAM(on_fork, "sched_process_fork")
{
	struct settings *s = config();
	if (!s || !s->trees)
		return 0;
	struct task_struct *parent = (struct task_struct *)ctx[0], *child = (struct task_struct *)ctx[1];
	u32 from = READ(parent, tgid), to = READ(child, tgid);
	u8 *known = map_lookup(&followed, &from);
	if (!known || from == to)
		return 0;
	u8 yes = 1;
	if (map_update(&followed, &to, &yes, 0)) {
		struct counters *n = counter();
		if (n)
			n->other++;
	}
	return 0;
}

/* Looks at the thread whose list node is in `at`: its number, or 0 if it is ending. */
CHECKED_ALONE int thread_step(void)
{
	struct work *w = work();
	if (!w)
		return -1;
	struct list_head *node = (struct list_head *)w->at;
	u32 offset = __builtin_preserve_field_info(((struct task_struct *)0)->thread_node, 0);
	struct task_struct *task = (void *)node - offset;
	w->at = (u64)READ(node, next);
	return READ(task, flags) & EXITING ? 0 : READ(task, pid);
}

/* A living thread of a process, or 0; -1 if there are too many to look at. */
CHECKED_ALONE int living_thread(u64 task)
{
	struct work *w = work();
	if (!w)
		return -1;
	struct signal_struct *signal = READ((struct task_struct *)task, signal);
	u64 head = (u64)&signal->thread_head;
	w->at = (u64)READ(signal, thread_head.next);
	for (u32 i = 0; i < 64; i++) {
		if (w->at == head || !w->at)
			return 0;
		s32 found = thread_step();
		if (found)
			return found;
	}
	return -1;
}

/* Looks at the ancestor in `at2`: who takes over, or 0 to go on upwards. */
CHECKED_ALONE int ancestor_step(u64 init, u32 level, u32 init_pid)
{
	struct work *w = work();
	if (!w)
		return -1;
	struct task_struct *up = (struct task_struct *)w->at2;
	struct pid *pid = READ(up, thread_pid);
	if (READ(pid, level) != level || (u64)up == init)
		return init_pid;
	struct signal_struct *signal = READ(up, signal);
	s32 found = READ_BITS(signal, is_child_subreaper) ? living_thread((u64)up) : 0;
	w->at2 = (u64)READ(up, real_parent);
	return found;
}

/* Who takes over the children of an ending thread; 0 if nobody, -1 if it cannot be told. */
CHECKED_ALONE int reaper(void)
{
	struct work *w = work();
	struct task_struct *task = current();
	s32 found = living_thread((u64)task);
	if (found || !w)
		return found;
	struct pid *pid = READ(task, thread_pid);
	u32 level = READ(pid, level);
	struct pid_namespace *ns = upid_at(pid, level).ns;
	struct task_struct *init = READ(ns, child_reaper);
	if (init == task)
		return 0;
	u32 init_pid = READ(init, pid);
	struct signal_struct *signal = READ(task, signal);
	if (!READ_BITS(signal, has_child_subreaper))
		return init_pid;
	w->at2 = (u64)READ(task, real_parent);
	for (u32 i = 0; i < 64; i++) {
		found = ancestor_step((u64)init, level, init_pid);
		if (found)
			return found;
	}
	return -1;
}

PROGRAM(on_exit, "sched_process_exit")
{
	struct settings *s = config();
	u64 who = pid_tgid_now();
	u32 pid = who >> 32;
	if (!s)
		return 0;
	struct task_struct *task = current();
	struct signal_struct *signal = READ(task, signal);
	u32 plan = PLAN_EXIT;
	struct work *w = recorded(s, pid) ? take() : 0;
	if (w) {
		struct record *r = begin(w, who, plan, 0, READ(task, exit_code));
		u64 *args = (u64 *)(r + 1);
		struct list_head *head = &task->children;
		args[0] = READ(task, children.next) == head ? 0 : (s64)reaper();
		r->args = 1;
		w->off += 8;
		submit(w, s);
	}
	if (READ(signal, live.counter) <= 0) {
		if (s->trees)
			map_delete(&followed, &pid);
		if (s->skips)
			map_delete(&skipped, &pid);
	}
	return 0;
}

enum { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGTSTP = 20,
       SIGRTMIN = 32, SIGRTMAX = 64 };

/* Who sent it, as far as the signal's kind says. */
INLINE u32 sender(u32 sig, struct kernel_siginfo *info)
{
	s32 code = READ(info, si_code);
	switch (sig) {
	case SIGKILL:
		return READ(info, _sifields._kill._pid);
	case SIGTERM: case SIGHUP: case SIGINT: case SIGTSTP: case SIGQUIT:
		return code <= 0 ? READ(info, _sifields._kill._pid) : 0;
	case SIGCHLD:
		return READ(info, _sifields._sigchld._pid);
	}
	return sig >= SIGRTMIN && sig <= SIGRTMAX ? READ(info, _sifields._rt._pid) : 0;
}

PROGRAM(on_signal, "signal_deliver")
{
	struct settings *s = config();
	u64 who = pid_tgid_now();
	if (!s || !recorded(s, who >> 32))
		return 0;
	u32 sig = ctx[0];
	struct kernel_siginfo *info = (struct kernel_siginfo *)ctx[1];
	struct work *w = take();
	if (!w)
		return 0;
	struct record *r = begin(w, who, PLAN_SIGNAL, 0, sig);
	u64 *args = (u64 *)(r + 1);
	args[0] = info ? sender(sig, info) : 0;
	r->args = 1;
	w->off += 8;
	submit(w, s);
	return 0;
}

/*
 * What is submitted through io_uring makes no system call of its own: it is counted by process and operation. A kernel
 * thread that polls for a process belongs to it, and so has its number.
 */
SEC("raw_tp/io_uring_submit_req")
int on_uring(u64 *ctx)
{
	struct settings *s = config();
	struct uring_key key = { pid_tgid_now() >> 32, 0 };
	if (!s || !recorded(s, key.pid))
		return 0;
	struct io_kiocb *req = (struct io_kiocb *)ctx[0];
	key.op = READ(req, opcode);
	u64 *known = map_lookup(&urings, &key), one = 1;
	if (!known && !map_update(&urings, &key, &one, NO_EXIST))
		return 0;
	if (!known)
		known = map_lookup(&urings, &key);
	if (known) {
		__sync_fetch_and_add(known, 1);
		return 0;
	}
	struct counters *n = counter();
	if (n)
		n->other++;
	return 0;
}
