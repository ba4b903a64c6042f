/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* Captures of files and sockets behind fds. */
#ifndef SCAP_FILES_H
#define SCAP_FILES_H

#include "work.h"

INLINE struct task_struct *current(void)
{
	return (struct task_struct *)task_now();
}

INLINE struct file *file_of(s64 number)
{
	s32 fd = number;
	if (fd < 0)
		return 0;
	struct file **fds;
	if (TASK_IS_TYPED) {
		struct files_struct *files = typed_task_now()->files;
		struct fdtable *table = files ? files->fdt : 0;
		if (!table || (u32)fd >= table->max_fds)
			return 0;
		fds = table->fd;
	} else {
		struct files_struct *files = READ(current(), files);
		struct fdtable *table = READ(files, fdt);
		if ((u32)fd >= READ(table, max_fds))
			return 0;
		fds = READ(table, fd);
	}
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

/* 1: a file of an overlay's upper layer, 2: of a lower one, 0: no overlay. `sb` is the file's. */
INLINE u32 layer_of(struct file *file, struct super_block *sb)
{
	if (READ(sb, s_magic) != OVERLAYFS)
		return 0;
	struct dentry *dentry = READ(file, f_path.dentry);
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
	info->layer = layer_of(file, sb);
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

#endif
