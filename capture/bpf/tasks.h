/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Captures of the calling task: ids, sizes, credentials, executable, strings. */
#ifndef SCAP_TASKS_H
#define SCAP_TASKS_H

#include "files.h"

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
	u32 flags = 0, layer = layer_of(file, READ(inode, i_sb));
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

#endif
