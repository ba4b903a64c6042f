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
#include "plan.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

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
	u32 plan, off;
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

struct ring {
	MAP_TYPE(MAP_RINGBUF);
	MAP_SIZE(4096);
};

struct {
	MAP_TYPE(MAP_ARRAY_OF_MAPS);
	MAP_SIZE(1);
	int (*key_size)[4];
	struct ring *values[];
} rings SEC(".maps");

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

/* ---- captures ---- */

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

/* ---- files and sockets ---- */

INLINE struct task_struct *current(void)
{
	return (struct task_struct *)task_now();
}

INLINE struct file *file_of(s64 number)
{
	s32 fd = number;
	if (fd < 0)
		return 0;
	struct files_struct *files = READ(current(), files);
	struct fdtable *table = READ(files, fdt);
	if ((u32)fd >= READ(table, max_fds))
		return 0;
	struct file **fds = READ(table, fd);
	struct file *file = 0;
	read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

enum { SOCKFS = 0x534f434b, OVERLAYFS = 0x794c7630 };

INLINE struct sock *sock_of(s64 fd)
{
	struct file *file = file_of(fd);
	if (!file)
		return 0;
	struct inode *inode = READ(file, f_inode);
	struct super_block *sb = READ(inode, i_sb);
	if (READ(sb, s_magic) != SOCKFS)
		return 0;
	struct socket *socket = READ(file, private_data);
	return READ(socket, sk);
}

/* 1: a file of an overlay's upper layer, 2: of a lower one, 0: no overlay. */
INLINE u32 layer_of(struct file *file)
{
	struct dentry *dentry = READ(file, f_path.dentry);
	struct super_block *sb = READ(dentry, d_sb);
	if (READ(sb, s_magic) != OVERLAYFS)
		return 0;
	/* An overlay's own inode follows the generic one in memory and begins with the upper dentry. */
	u8 *inode = (u8 *)READ(dentry, d_inode);
	struct dentry *upper = 0;
	read_kernel(&upper, sizeof(upper), inode + TYPE_SIZE(struct inode));
	if (!upper)
		return 2;
	struct inode *real = READ(upper, d_inode);
	return READ(real, i_ino) ? 1 : 2;
}

INLINE u32 device_number(u32 dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;
	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

CHECKED_ALONE int op_file(u32 slot)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct file *file = file_of(w->slot[slot & 7]);
	struct file_info *info = (struct file_info *)room(w);
	if (!file) {
		seal(w, 0, 0);
		return 0;
	}
	struct inode *inode = READ(file, f_inode);
	struct super_block *sb = READ(inode, i_sb);
	info->ino = READ(inode, i_ino);
	info->dev = device_number(READ(sb, s_dev));
	info->mode = READ(file, f_mode);
	info->layer = layer_of(file);
	info->unused = 0;
	seal(w, sizeof(*info), 0);
	return 0;
}

CHECKED_ALONE int op_queue(u32 slot)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct sock *sk = sock_of(w->slot[slot & 7]);
	if (!sk) {
		seal(w, 0, 0);
		return 0;
	}
	u32 *out = (u32 *)room(w);
	out[0] = READ(sk, sk_ack_backlog);
	out[1] = READ(sk, sk_max_ack_backlog);
	seal(w, 8, 0);
	return 0;
}

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

/* Both ends; after the fixed part the name of a Unix socket's listening end. */
CHECKED_ALONE int op_tuple(u32 slot, u32 given, u32 inbound)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct sock *sk = sock_of(w->slot[slot & 7]);
	if (!sk) {
		seal(w, 0, 0);
		return 0;
	}
	const void *user = given == SLOT_NONE ? 0 : (const void *)w->slot[given & 7];
	struct tuple_info *t = (struct tuple_info *)room(w);
	__builtin_memset(t, 0, sizeof(*t));
	u32 len = sizeof(*t);
	t->family = READ(sk, __sk_common.skc_family);
	if (t->family == FAMILY_INET || t->family == FAMILY_INET6) {
		struct inet_sock *inet = (struct inet_sock *)sk;
		t->local_port = READ(inet, inet_sport);
		t->remote_port = READ(sk, __sk_common.skc_dport);
		if (t->family == FAMILY_INET) {
			*(u32 *)t->local = READ(inet, inet_saddr);
			*(u32 *)t->remote = READ(sk, __sk_common.skc_daddr);
		} else {
			struct ipv6_pinfo *six = READ(inet, pinet6);
			read_kernel(t->local, 16, &six->saddr);
			read_kernel(t->remote, 16, &sk->__sk_common.skc_v6_daddr);
		}
		/* A socket without a fixed peer knows only the address of this call. */
		if (!t->remote_port && user) {
			u8 addr[28] = {};
			if (t->family == FAMILY_INET && !read_user(addr, 16, user)) {
				t->remote_port = *(u16 *)(addr + 2);
				__builtin_memcpy(t->remote, addr + 4, 4);
			} else if (t->family == FAMILY_INET6 && !read_user(addr, 28, user)) {
				t->remote_port = *(u16 *)(addr + 2);
				__builtin_memcpy(t->remote, addr + 8, 16);
			}
		}
	} else if (t->family == FAMILY_UNIX) {
		struct unix_sock *local = (struct unix_sock *)sk;
		struct sock *peer = READ(local, peer);
		struct unix_sock *named = inbound ? local : (struct unix_sock *)peer;
		t->self = (u64)sk;
		t->peer = (u64)peer;
		u8 *path = (u8 *)t + sizeof(*t);
		long n = 0;
		if (!inbound && !peer && user) {
			/* Family, then the path; an abstract name begins with a NUL, which is left out. */
			u8 first = 0;
			read_user(&first, 1, user + 2);
			n = read_user_str(path, 108, user + 2 + !first);
		} else if (named) {
			struct unix_address *addr = READ(named, addr);
			if (addr) {
				u8 first = 0;
				const u8 *name = (const u8 *)&addr->name;
				read_kernel(&first, 1, name + 2);
				n = read_kernel_str(path, 108, name + 2 + !first);
			}
		}
		len += n > 0 ? n & 127 : 0;
	}
	seal(w, len, 0);
	return 0;
}

/* ---- vectors and messages ---- */

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
	for (s32 i = 0; i < MESSAGES; i++)
		if (i >= ret || !message_step(slot, i, inbound))
			break;
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

/* ---- tasks ---- */

enum { PID, TGID, PGID, SID };

INLINE struct pid *pid_of(struct task_struct *task, u32 type)
{
	if (type == PID)
		return READ(task, thread_pid);
	struct signal_struct *signal = READ(task, signal);
	return type == TGID ? READ(signal, pids[1]) : type == PGID ? READ(signal, pids[2]) : READ(signal, pids[3]);
}

INLINE struct upid upid_at(struct pid *pid, u32 level)
{
	struct upid upid = {};
	if (pid)
		read_kernel(&upid, sizeof(upid), (void *)&pid->numbers + (level & 63) * sizeof(upid));
	return upid;
}

/* Number of `pid` in the innermost namespace it has one in. */
INLINE u32 number_inside(struct pid *pid)
{
	return upid_at(pid, READ(pid, level)).nr;
}

INLINE u64 pages_kb(s64 pages)
{
	return pages << 2;
}

INLINE void vm_sizes(struct mm_struct *mm, u32 *out)
{
	s64 n[4] = {};
	if (TYPE_EXISTS(struct mm_rss_stat)) {
		struct mm_struct___atomic *old = (void *)mm;
		n[0] = READ(old, rss_stat.count[0].counter);
		n[1] = READ(old, rss_stat.count[1].counter);
		n[2] = READ(old, rss_stat.count[2].counter);
		n[3] = READ(old, rss_stat.count[3].counter);
	} else {
		/* The counters are spread over CPUs; like everybody, take the part in the middle. */
		n[0] = READ(mm, rss_stat[0].count);
		n[1] = READ(mm, rss_stat[1].count);
		n[2] = READ(mm, rss_stat[2].count);
		n[3] = READ(mm, rss_stat[3].count);
	}
	/* 0 file, 1 anonymous, 2 swap, 3 shared */
	out[0] = pages_kb(READ(mm, total_vm));
	out[1] = pages_kb(n[0] + n[1] + n[3]);
	out[2] = pages_kb(n[2]);
}

CHECKED_ALONE int op_vm(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct mm_struct *mm = READ(current(), mm);
	vm_sizes(mm, (u32 *)room(w));
	seal(w, 12, 0);
	return 0;
}

INLINE void capabilities(struct task_struct *task, u64 *out)
{
	struct cred *cred = READ(task, cred);
	out[0] = READ(cred, cap_inheritable).bits;
	out[1] = READ(cred, cap_permitted).bits;
	out[2] = READ(cred, cap_effective).bits;
}

CHECKED_ALONE int op_caps(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	capabilities(current(), (u64 *)room(w));
	seal(w, 24, 0);
	return 0;
}

INLINE u32 terminal(struct signal_struct *signal)
{
	struct tty_struct *tty = READ(signal, tty);
	if (!tty)
		return 0;
	struct tty_driver *driver = READ(tty, driver);
	if (!driver)
		return 0;
	u32 major = READ(driver, major);
	return device_number((major << 20 | READ(driver, minor_start)) + READ(tty, index));
}

/* From 6.13 on the top bit of the nanoseconds is a mark of the kernel's own. */
INLINE u64 nanoseconds(s64 sec, u64 nsec)
{
	return sec < 0 ? 0 : sec * 1000000000ull + (nsec & 0x7fffffff);
}

INLINE u64 change_time(struct inode *inode)
{
	if (FIELD_EXISTS(((struct inode *)0)->i_ctime_sec))
		return nanoseconds(READ(inode, i_ctime_sec), READ(inode, i_ctime_nsec));
	struct inode___private_times *later = (void *)inode;
	struct inode___times *early = (void *)inode;
	struct timespec64 t = {};
	if (FIELD_EXISTS(((struct inode___private_times *)0)->__i_ctime))
		t = READ(later, __i_ctime);
	else
		t = READ(early, i_ctime);
	return nanoseconds(t.tv_sec, t.tv_nsec);
}

INLINE u64 write_time(struct inode *inode)
{
	if (FIELD_EXISTS(((struct inode *)0)->i_mtime_sec))
		return nanoseconds(READ(inode, i_mtime_sec), READ(inode, i_mtime_nsec));
	struct inode___private_times *later = (void *)inode;
	struct inode___times *early = (void *)inode;
	struct timespec64 t = {};
	if (FIELD_EXISTS(((struct inode___private_times *)0)->__i_mtime))
		t = READ(later, __i_mtime);
	else
		t = READ(early, i_mtime);
	return nanoseconds(t.tv_sec, t.tv_nsec);
}

/* Whether an id of the initial user namespace has a meaning in `map`. */
INLINE u32 mapped(struct uid_gid_map *map, u32 id)
{
	u32 extents = READ(map, nr_extents);
	for (u32 i = 0; i < 5; i++) {
		if (i >= extents)
			break;
		struct uid_gid_extent e = {};
		read_kernel(&e, sizeof(e), (void *)&map->extent + i * sizeof(e));
		if (id - e.lower_first < e.count)
			return 1;
	}
	return 0;
}

INLINE u32 in_groups(struct cred *cred, u32 gid)
{
	struct group_info *groups = READ(cred, group_info);
	if (!groups)
		return 0;
	u32 low = 0, high = READ(groups, ngroups);
	/* They are sorted, and at most 65536. */
	for (u32 i = 0; i < 17; i++) {
		if (low >= high)
			break;
		u32 mid = (low + high) / 2, found = 0;
		read_kernel(&found, 4, (void *)&groups->gid + (mid & 0xffff) * 4ul);
		if (found == gid)
			return 1;
		if (found < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

enum { READ_ONLY = 1, IMMUTABLE = 8, CAP_DAC_OVERRIDE = 1, CAP_FOWNER = 3 };

/* Whether the process could write the file it executes. */
INLINE u32 writable(struct cred *cred, struct inode *inode)
{
	struct super_block *sb = READ(inode, i_sb);
	if ((READ(sb, s_flags) & READ_ONLY) || (READ(inode, i_flags) & IMMUTABLE))
		return 0;
	u32 uid = READ(inode, i_uid.val), gid = READ(inode, i_gid.val);
	if (uid == ~0u || gid == ~0u)
		return 0;
	if (READ(cred, fsuid.val) == uid)
		return 1;
	u32 mode = READ(inode, i_mode);
	if (READ(cred, fsgid.val) == gid || in_groups(cred, gid))
		mode >>= 3;
	if (mode & 2)
		return 1;
	struct user_namespace *ns = READ(cred, user_ns);
	if (!ns)
		return 0;
	u64 caps = READ(cred, cap_effective).bits;
	if (!mapped(&ns->uid_map, uid))
		return 0;
	return (caps >> CAP_FOWNER & 1) ||
	       ((caps >> CAP_DAC_OVERRIDE & 1) && mapped(&ns->gid_map, gid));
}

INLINE u32 from_memfd(struct file *file)
{
	struct dentry *dentry = READ(file, f_path.dentry);
	if (!dentry || READ(dentry, d_parent) != dentry)
		return 0;
	char name[8] = {};
	read_kernel_str(name, sizeof(name), READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' &&
	       name[5] == ':';
}

enum { EXE_WRITABLE = 1, EXE_UPPER = 2, EXE_MEMFD = 4, EXE_LOWER = 8, NOFILE = 7 };

CHECKED_ALONE int task_exe(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct task_info *t = (struct task_info *)room(w);
	struct task_struct *task = current();
	struct cred *cred = READ(task, cred);
	struct mm_struct *mm = READ(task, mm);
	struct file *file = READ(mm, exe_file);
	struct inode *inode = READ(file, f_inode);
	u32 flags = 0, layer = layer_of(file);
	if (writable(cred, inode))
		flags |= EXE_WRITABLE;
	if (layer)
		flags |= layer == 1 ? EXE_UPPER : EXE_LOWER;
	if (from_memfd(file))
		flags |= EXE_MEMFD;
	t->exe_flags = flags;
	t->ino = READ(inode, i_ino);
	t->ctime = change_time(inode);
	t->mtime = write_time(inode);
	return 0;
}

CHECKED_ALONE int task_ids(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct task_info *t = (struct task_info *)room(w);
	struct task_struct *task = current();
	struct signal_struct *signal = READ(task, signal);
	t->tid = READ(task, pid);
	t->pid = READ(task, tgid);
	struct task_struct *parent = READ(task, real_parent);
	t->ptid = READ(parent, pid);
	struct pid *pid = pid_of(task, PID), *group = pid_of(task, TGID), *pg = pid_of(task, PGID);
	u32 level = READ(pid, level);
	struct pid_namespace *ns = upid_at(pid, level).ns;
	t->vtid = number_inside(pid);
	t->vpid = number_inside(group);
	t->pgid = upid_at(pg, 0).nr;
	t->vpgid = number_inside(pg);
	t->pidns = READ(ns, level) ? 1 : 0;
	struct nsproxy *proxy = READ(task, nsproxy);
	if (READ(proxy, pid_ns_for_children) != ns)
		t->pidns |= 2;
	struct task_struct *reaper = READ(ns, child_reaper);
	t->pidns_start = READ(reaper, start_time);
	t->tty = terminal(signal);
	t->fdlimit = READ(signal, rlim[NOFILE].rlim_cur);
	return 0;
}

CHECKED_ALONE int op_task(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct task_info *t = (struct task_info *)room(w);
	struct task_struct *task = current();
	task_ids();
	task_exe();
	t->loginuid = ~0u;
	if (FIELD_EXISTS(((struct task_struct *)0)->loginuid))
		t->loginuid = READ(task, loginuid.val);
	struct cred *cred = READ(task, cred);
	t->uid = READ(cred, euid.val);
	t->gid = READ(cred, egid.val);
	struct mm_struct *mm = READ(task, mm);
	vm_sizes(mm, &t->vm_size);
	t->maj_flt = READ(task, maj_flt);
	t->min_flt = READ(task, min_flt);
	capabilities(task, t->caps);
	read_kernel(t->comm, sizeof(t->comm), &task->comm);
	seal(w, sizeof(*t), 0);
	return 0;
}

enum { STRINGS_MAX = 20 << 10, PAGE = 4096 };

CHECKED_ALONE int range_step(void)
{
	struct work *w = work();
	if (!w || w->done >= w->limit)
		return 0;
	u64 from = w->at + w->done;
	u32 n = PAGE - (from & (PAGE - 1)), left = w->limit - w->done;
	if (n > left)
		n = left;
	n &= 0x1fff;
	if (read_user(&w->data[(w->start + w->done) & MASK], n, (void *)from))
		return 0;
	w->done += n;
	return 1;
}

/* The bytes from `from` to `end`, page by page as far as they are there; aux = how many there should be. */
CHECKED_ALONE int capture_range(u64 from, u64 end)
{
	struct work *w = work();
	if (!w)
		return 0;
	u64 want = end > from ? end - from : 0;
	w->at = from;
	w->start = w->off + sizeof(struct capture);
	w->done = 0;
	w->limit = want > STRINGS_MAX ? STRINGS_MAX : want;
	for (u32 i = 0; i < STRINGS_MAX / PAGE + 2; i++)
		if (!range_step())
			break;
	seal(w, w->done & MASK, want);
	return 0;
}

CHECKED_ALONE int string_step(void)
{
	struct work *w = work();
	u64 at = 0;
	if (!w || w->done >= STRINGS_MAX || read_user(&at, 8, (void *)w->at) || !at)
		return 0;
	long n = read_user_str(&w->data[(w->start + w->done) & MASK], PATH_MAX, (void *)at);
	if (n <= 0)
		return 0;
	w->done += n & 0x1fff;
	w->at += 8;
	return 1;
}

/* Strings of a pointer array that ends with a null pointer. */
CHECKED_ALONE int op_strings(u32 slot)
{
	struct work *w = work();
	if (!w)
		return 0;
	u64 from = w->slot[slot & 7];
	w->at = from;
	w->start = w->off + sizeof(struct capture);
	w->done = 0;
	for (u32 i = 0; i < 256; i++)
		if (!from || !string_step())
			break;
	seal(w, w->done & MASK, from ? 0 : 0xffffffff);
	return 0;
}

/* ---- paths, last component first; the recorder turns them round ---- */

enum { COMPONENTS = 96, CGROUP_DEPTH = 12 };

/* Appends a name in kernel memory to the capture being built. */
INLINE u32 append_name(struct work *w, const void *name)
{
	long n = read_kernel_str(&w->data[(w->start + w->done) & MASK], 256, name);
	if (n <= 0)
		return 0;
	w->done += n & 511;
	return n & 511;
}

/* One step towards the root; 0 when there. */
CHECKED_ALONE int path_step(void)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct dentry *dentry = (struct dentry *)w->at;
	struct mount *mount = (struct mount *)w->at2;
	struct dentry *parent = READ(dentry, d_parent);
	struct dentry *root = READ(mount, mnt.mnt_root);
	if (dentry == root) {
		w->rooted = 1;
		struct mount *above = READ(mount, mnt_parent);
		if (above == mount)
			return 0;
		w->at = (u64)READ(mount, mnt_mountpoint);
		w->at2 = (u64)above;
		return 1;
	}
	if (dentry == parent || append_name(w, READ(dentry, d_name.name)) <= 1)
		return 0;
	w->at = (u64)parent;
	return 1;
}

/* Components of a file's path up to the root of all mounts. aux: 1 for a file without a place, 2 for the root. */
CHECKED_ALONE int capture_path(u64 address)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct file *file = (struct file *)address;
	if (!file) {
		seal(w, 0, 0);
		return 0;
	}
	struct vfsmount *vfs = READ(file, f_path.mnt);
	w->at = (u64)READ(file, f_path.dentry);
	w->at2 = (u64)vfs - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0);
	w->start = w->off + sizeof(struct capture);
	w->done = 0;
	w->rooted = 0;
	for (u32 i = 0; i < COMPONENTS; i++)
		if (!path_step())
			break;
	/* Nothing but a root that is no mount's: a file without a place, like a memfd; its name says what it is. */
	u32 placeless = !w->done && !w->rooted;
	if (placeless)
		append_name(w, READ((struct dentry *)w->at, d_name.name));
	seal(w, w->done & MASK, placeless ? 1 : w->done ? 0 : 2);
	return 0;
}

CHECKED_ALONE int cgroup_step(void)
{
	struct work *w = work();
	if (!w || !w->at)
		return 0;
	struct kernfs_node *node = (struct kernfs_node *)w->at;
	if (!append_name(w, READ(node, name)))
		return 0;
	if (FIELD_EXISTS(((struct kernfs_node *)0)->__parent))
		w->at = (u64)READ(node, __parent);
	else
		w->at = (u64)READ((struct kernfs_node___parent *)node, parent);
	return 1;
}

/* Components of one controller's cgroup, after the controller's name. aux = 1: the same as the last one's. */
CHECKED_ALONE int capture_cgroup(u32 id)
{
	struct work *w = work();
	if (!w)
		return 0;
	struct css_set *set = READ(current(), cgroups);
	struct cgroup_subsys_state *css = 0;
	read_kernel(&css, sizeof(css), (void *)&set->subsys + (id & 31) * 8ul);
	struct cgroup_subsys *subsys = READ(css, ss);
	struct cgroup *cgroup = READ(css, cgroup);
	w->start = w->off + sizeof(struct capture);
	w->done = 0;
	if (!append_name(w, READ(subsys, name))) {
		seal(w, 0, 0);
		return 0;
	}
	u32 same = w->slot[SLOT_FOUND] == (u64)cgroup;
	w->slot[SLOT_FOUND] = (u64)cgroup;
	w->at = (u64)READ(cgroup, kn);
	for (u32 i = 0; i < CGROUP_DEPTH && !same; i++)
		if (!cgroup_step())
			break;
	seal(w, w->done & MASK, same);
	return 0;
}

INLINE void op_cgroups(struct work *w)
{
	w->slot[SLOT_FOUND] = 0;
	if (ENUM_EXISTS(enum cgroup_subsys_id, cpuset_cgrp_id))
		capture_cgroup(ENUM_VALUE(enum cgroup_subsys_id, cpuset_cgrp_id));
	else
		seal(w, 0, 0);
	if (ENUM_EXISTS(enum cgroup_subsys_id, cpu_cgrp_id))
		capture_cgroup(ENUM_VALUE(enum cgroup_subsys_id, cpu_cgrp_id));
	else
		seal(w, 0, 0);
	if (ENUM_EXISTS(enum cgroup_subsys_id, cpuacct_cgrp_id))
		capture_cgroup(ENUM_VALUE(enum cgroup_subsys_id, cpuacct_cgrp_id));
	else
		seal(w, 0, 0);
	if (ENUM_EXISTS(enum cgroup_subsys_id, io_cgrp_id))
		capture_cgroup(ENUM_VALUE(enum cgroup_subsys_id, io_cgrp_id));
	else
		seal(w, 0, 0);
	if (ENUM_EXISTS(enum cgroup_subsys_id, memory_cgrp_id))
		capture_cgroup(ENUM_VALUE(enum cgroup_subsys_id, memory_cgrp_id));
	else
		seal(w, 0, 0);
}

/* ---- the interpreter ---- */

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

/* ---- records ---- */

INLINE u32 recorded(struct settings *s, u32 pid)
{
	if (s->state != 2 || pid == s->self)
		return 0;
	if (s->trees && !map_lookup(&followed, &pid))
		return 0;
	return !s->skips || !map_lookup(&skipped, &pid);
}

INLINE struct record *begin(struct work *w, u32 plan, u32 nr, s64 ret)
{
	struct record *r = (struct record *)w->data;
	u64 who = pid_tgid_now();
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

INLINE void submit(struct work *w, struct settings *s)
{
	u32 cpu = cpu_now();
	struct counters *n = map_lookup(&counts, &cpu);
	void *ring = map_lookup(&rings, &cpu);
	if (!n)
		return;
	u32 len = w->off;
	if (!ring || len > MASK) {
		n->other++;
		return;
	}
	u64 flags = ring_query(ring, RING_AVAIL_DATA) >= s->wake ? RING_FORCE_WAKEUP : RING_NO_WAKEUP;
	if (ring_output(ring, w->data, len, flags))
		n->full++;
	else
		n->events++;
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
INLINE void learn(struct settings *s, struct pt_regs *regs)
{
	if (regs->orig_ax == NR_GETSID && (u32)regs->di == s->nonce)
		s->self = pid_tgid_now() >> 32;
}

SEC("tp_btf/sys_exit")
int on_sys_exit(u64 *ctx)
{
	struct settings *s = config();
	if (!s || !s->state)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	if (s->state == 1) {
		learn(s, regs);
		return 0;
	}
	if (!recorded(s, pid_tgid_now() >> 32))
		return 0;
	u64 nr = regs->orig_ax;
	s64 ret = ctx[1];
	struct task_struct *task = current();
	u32 plan_index = nr, compat = READ(task, thread_info.status) & COMPAT;
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
	struct work *w = work();
	if (!w)
		return 0;
	struct record *r = begin(w, plan_index, nr, ret);
	if (plan_index == PLAN_COMPAT) {
		struct counters *n = counter();
		if (n)
			n->compat++;
	} else {
		w->slot[0] = regs->di;
		w->slot[1] = regs->si;
		w->slot[2] = regs->dx;
		w->slot[3] = regs->r10;
		w->slot[4] = regs->r8;
		w->slot[5] = regs->r9;
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

SEC("tp_btf/sched_process_exec")
int on_exec(u64 *ctx)
{
	struct settings *s = config();
	struct task_struct *task = current();
	if (!s || !recorded(s, pid_tgid_now() >> 32) || (READ(task, flags) & KTHREAD))
		return 0;
	struct linux_binprm *bprm = (struct linux_binprm *)ctx[2];
	u32 index = PLAN_EXEC;
	struct plan *plan = map_lookup(&plans, &index);
	struct work *w = work();
	if (!plan || !plan->enabled || !w)
		return 0;
	begin(w, index, NR_EXECVE, 0);
	w->filename = READ(bprm, filename);
	run(w, plan);
	submit(w, s);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(u64 *ctx)
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

SEC("tp_btf/sched_process_exit")
int on_exit(u64 *ctx)
{
	struct settings *s = config();
	u32 pid = pid_tgid_now() >> 32;
	if (!s)
		return 0;
	struct task_struct *task = current();
	struct signal_struct *signal = READ(task, signal);
	u32 plan = PLAN_EXIT;
	struct work *w = work();
	if (w && recorded(s, pid)) {
		struct record *r = begin(w, plan, 0, READ(task, exit_code));
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

SEC("tp_btf/signal_deliver")
int on_signal(u64 *ctx)
{
	struct settings *s = config();
	if (!s || !recorded(s, pid_tgid_now() >> 32))
		return 0;
	u32 sig = ctx[0];
	struct kernel_siginfo *info = (struct kernel_siginfo *)ctx[1];
	struct work *w = work();
	if (!w)
		return 0;
	struct record *r = begin(w, PLAN_SIGNAL, 0, sig);
	u64 *args = (u64 *)(r + 1);
	args[0] = info ? sender(sig, info) : 0;
	r->args = 1;
	w->off += 8;
	submit(w, s);
	return 0;
}
