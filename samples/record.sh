#!/bin/sh
# Records a scenario into a trace that carries nothing of the machine it was made on.
#
#   sudo samples/record.sh SCENARIO OUT [RECORDER ARGUMENTS…]
#
# SCENARIO is a script, run by bash as root (as user `ann` if its name is calm.sh) in a fresh minimal Debian:
# own host name, processes, mounts and network (loopback only), empty environment. The recorder is $SCAP
# (default target/release/scap); extra arguments go to `scap record`. Needs root, debootstrap, util-linux and iproute2. $CLEAN_ROOT names
# a Debian made before, which is then copied instead of made anew; $MIRROR the mirror it comes from.
set -eu

if [ $# -lt 2 ]; then
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
scenario=$(realpath "$1")
out=$2
shift 2
scap=$(realpath "${SCAP:-$(dirname "$0")/../target/release/scap}")
mirror=${MIRROR:-http://deb.debian.org/debian}

work=$(mktemp -d /tmp/clean.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT INT TERM
chmod 0755 "$work"

if [ -n "${CLEAN_ROOT:-}" ]; then
    cp -a "$CLEAN_ROOT" "$work/root"
else
    debootstrap --variant=minbase bookworm "$work/root" "$mirror" >&2
fi
cp "$scap" "$work/scap"
user=root
[ "$(basename "$scenario")" = calm.sh ] && user=ann
grep -q '^ann:' "$work/root/etc/passwd" || {
    echo 'ann:x:1000:1000::/home/ann:/bin/bash' >>"$work/root/etc/passwd"
    echo 'ann:x:1000:' >>"$work/root/etc/group"
}
echo web-1 >"$work/root/etc/hostname"
echo '127.0.0.1 localhost web-1' >"$work/root/etc/hosts"
: >"$work/root/etc/resolv.conf"
rm -rf "$work/root/debootstrap" "$work/root/var/log/bootstrap.log" "$work/root/etc/apt/sources.list"
mkdir -p "$work/root/home/ann"
chown 1000:1000 "$work/root/home/ann"
install -m 0755 "$scenario" "$work/root/usr/local/bin/$(basename "$scenario" .sh)"

# Runs in the new namespaces, before the recorder: nothing of this is recorded.
cat >"$work/outer" <<'OUTER'
set -eu
work=$1 user=$2 name=$3
shift 3
hostname web-1
ip link set lo up
mount --make-rprivate /
mount --bind "$work/root" /mnt
mount -t tmpfs tmpfs /mnt/tmp
mount -t tmpfs tmpfs /mnt/dev
mkdir /mnt/dev/shm
mount -t tmpfs tmpfs /mnt/dev/shm
for node in null zero urandom tty; do
    : >"/mnt/dev/$node"
    mount --bind "/dev/$node" "/mnt/dev/$node"
done
ln -s /proc/self/fd /mnt/dev/fd
ln -s /proc/self/fd/0 /mnt/dev/stdin
ln -s /proc/self/fd/1 /mnt/dev/stdout
ln -s /proc/self/fd/2 /mnt/dev/stderr
mkdir -p /mnt/proc
# The groups of whoever runs this would show in every event.
for procs in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
    [ -e "$procs" ] && echo $$ >"$procs" 2>/dev/null || :
done
mount -t tmpfs tmpfs /opt
cp "$work/scap" /opt/scap
cd /
status=0
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8 \
    /opt/scap record --snapshot tree "$@" -o - -- \
    unshare --pid --fork --mount-proc=/mnt/proc \
    chroot --userspec="$user" /mnt /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8 \
    HOME="$(awk -F: -v u="$user" '$1 == u { print $6 }' /mnt/etc/passwd)" USER="$user" SHELL=/bin/bash TERM=dumb \
    "/usr/local/bin/$name" || status=$?
echo "$status" >"$work/status"
OUTER

# A process of its own session whose parent is the first one: the names of whoever runs this stay out. Its standard
# streams are pipes, because files have names. What it says comes through the outer one, the trace through the inner.
{
    setsid --fork unshare --uts --mount --net /bin/sh "$work/outer" "$work" "$user" "$(basename "$scenario" .sh)" "$@" \
        </dev/null | cat >"$work/trace"
} 2>&1 | cat >&2
status=$(cat "$work/status" 2>/dev/null || echo 1)
if [ "$status" -ne 0 ]; then
    echo "record.sh: the recorder ended with status $status" >&2
    exit 1
fi
mv "$work/trace" "$out"
chmod 0644 "$out"
ls -l "$out" >&2
