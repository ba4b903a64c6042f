/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Captures of paths, last component first; the recorder turns them round. */
#ifndef SCAP_PATHS_H
#define SCAP_PATHS_H

#include "work.h"

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

#endif
