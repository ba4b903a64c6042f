#!/bin/sh
# Records scenarios into traces that carry nothing of the machine they were made on.
#
#   sudo samples/record.sh                                          all scenarios anew
#   sudo samples/record.sh NAME…                                    these, by name
#   sudo samples/record.sh SCENARIO.sh OUT [RECORDER ARGUMENTS…]    one, anywhere
#
# A scenario is a script, run by bash as root in a fresh minimal Debian: own host name, processes, mounts and network
# (loopback only), empty environment. Lines at its head ask for more: `# user: NAME` runs it as another user,
# `# addresses: A…` gives the loopback interface more addresses, `# containers: yes` makes control groups visible,
# `# container: NAME IMAGE default|privileged` has bundle.sh lay out a container besides.
# The recorder is $SCAP (default target/release/scap); extra arguments go to `scap record`. Needs root, debootstrap,
# util-linux and iproute2. $CLEAN_ROOT names a Debian made before, which is then copied instead of made anew; $MIRROR
# the mirror it comes from.
set -eu

here=$(realpath "$(dirname "$0")")
mirror=${MIRROR:-http://deb.debian.org/debian}
# For the scenarios that start containers, and what runs in them.
packages=runc,busybox-static,nginx-light,sudo

case "${2:-}" in
*.zst) ;;
*)
    if [ $# -eq 0 ]; then
        set -- $(cd "$here/scenarios" && ls *.sh | sed '/^lib.sh$/d; /^inside.sh$/d; /^act.sh$/d; s/[.]sh$//')
    fi
    made=''
    if [ -z "${CLEAN_ROOT:-}" ]; then
        made=$(mktemp -d /tmp/clean.XXXXXX)
        trap 'rm -rf --one-file-system "$made"' EXIT INT TERM
        debootstrap --variant=minbase --include="$packages" bookworm "$made/root" "$mirror" >&2
        CLEAN_ROOT=$made/root
        export CLEAN_ROOT
    fi
    for name in "$@"; do
        "$here/record.sh" "$here/scenarios/$name.sh" "$here/traces/$name.zst"
    done
    exit 0
    ;;
esac

scenario=$(realpath "$1")
out=$2
shift 2
scap=$(realpath "${SCAP:-$here/../target/release/scap}")
asked() { sed -n "1,12s/^# $1: //p" "$scenario"; }

work=$(mktemp -d /tmp/clean.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT INT TERM
chmod 0755 "$work"

if [ -n "${CLEAN_ROOT:-}" ]; then
    cp -a "$CLEAN_ROOT" "$work/root"
else
    debootstrap --variant=minbase --include="$packages" bookworm "$work/root" "$mirror" >&2
fi
cp "$scap" "$work/scap"
user=$(asked user)
user=${user:-root}
grep -q '^ann:' "$work/root/etc/passwd" || {
    echo 'ann:x:1000:1000::/home/ann:/bin/bash' >>"$work/root/etc/passwd"
    echo 'ann:x:1000:' >>"$work/root/etc/group"
}
echo web-1 >"$work/root/etc/hostname"
echo '127.0.0.1 localhost web-1' >"$work/root/etc/hosts"
: >"$work/root/etc/resolv.conf"
rm -rf "$work/root/debootstrap" "$work/root/var/log/bootstrap.log" "$work/root/etc/apt/sources.list"
# What a machine that has been used for a while has.
mkdir -p "$work/root/home/ann" "$work/root/etc/cron.d"
echo 'apt update' >"$work/root/root/.bash_history"
echo 'sshd: session opened for user ann' >"$work/root/var/log/auth.log"
chown 1000:1000 "$work/root/home/ann"
install -m 0755 "$scenario" "$work/root/usr/local/bin/$(basename "$scenario" .sh)"
cp "$here/bundle.sh" "$work/bundle"
install -m 0644 "$here/scenarios/lib.sh" "$work/root/usr/local/lib/scenario.sh"
install -m 0644 "$here/scenarios/inside.sh" "$work/root/usr/local/lib/inside.sh"
install -m 0755 "$here/scenarios/act.sh" "$work/root/usr/local/lib/act"
# Stand-ins, see lib.sh.
cat "$scenario" "$here/scenarios/lib.sh" | tr -cs 'A-Za-z0-9._():[]-' '\n' | sort -u | grep '[a-zA-Z]' |
    chroot "$work/root" perl -e '
        chomp(my @words = <STDIN>);
        mkdir "/usr/local/as";
        for my $program ("/usr/local/lib/act", map { "/usr/bin/$_" } qw(true perl cat tee rm)) {
            my ($kind) = $program =~ m{([^/]+)$};
            mkdir "/usr/local/as/$kind";
            symlink $program, "/usr/local/as/$kind/$_" for @words;
        }'

# Runs in the new namespaces, before the recorder: nothing of this is recorded. The root is a copy in memory, so that
# no mount tells where it came from, and the recorder itself lives in it.
cat >"$work/outer" <<'OUTER'
set -eu
work=$1 user=$2 name=$3 addresses=$4 containers=$5 container=$6
shift 6
hostname web-1
ip link set lo up
for address in $addresses; do
    ip address add "$address" dev lo
done
mount --make-rprivate /
mount -t tmpfs -o size=1g,mode=0755 root /mnt
cp -a "$work/root/." /mnt/
mount -t tmpfs tmpfs /mnt/tmp
mount -t tmpfs tmpfs /mnt/dev
mkdir /mnt/dev/shm /mnt/dev/pts
mount -t tmpfs tmpfs /mnt/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /mnt/dev/pts
ln -s pts/ptmx /mnt/dev/ptmx
for node in null zero urandom tty; do
    : >"/mnt/dev/$node"
    mount --bind "/dev/$node" "/mnt/dev/$node"
done
ln -s /proc/self/fd /mnt/dev/fd
ln -s /proc/self/fd/0 /mnt/dev/stdin
ln -s /proc/self/fd/1 /mnt/dev/stdout
ln -s /proc/self/fd/2 /mnt/dev/stderr
mount -t proc proc /mnt/proc
mount --bind /sys /mnt/sys
[ "$containers$container" ] && mount --rbind /sys/fs/cgroup /mnt/sys/fs/cgroup
mount -t tmpfs tmpfs /mnt/opt
cp "$work/scap" /mnt/opt/scap
if [ "$container" ]; then
    cp "$work/bundle" /mnt/opt/bundle
    # What a runtime writes must not change the image, which is the root.
    mount -t tmpfs -o mode=0755 run /mnt/run
fi
# The groups of whoever runs this would show in every event.
for procs in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
    [ -e "$procs" ] && echo $$ >"$procs" 2>/dev/null || :
done
exec 4>"$work/status"
cd /mnt
mkdir old
pivot_root . old
umount -l /old
rmdir /old
cd /
if [ "$container" ]; then
    # shellcheck disable=SC2086 # its arguments are words
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh /opt/bundle $container >&2
    rm /opt/bundle
fi
home=$(awk -F: -v u="$user" '$1 == u { print $6 }' /etc/passwd)
status=0
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8 \
    /opt/scap record --snapshot tree "$@" -o - -- \
    unshare --pid --fork --mount-proc chroot --userspec="$user" / \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8 \
    HOME="$home" USER="$user" SHELL=/bin/bash TERM=dumb "/usr/local/bin/$name" 4>&- || status=$?
[ "$container" ] && rmdir /sys/fs/cgroup/docker /sys/fs/cgroup/*/docker 2>/dev/null || :
echo "$status" >&4
OUTER

# A process of its own session whose parent is the first one: the names of whoever runs this stay out. Its standard
# streams are pipes, because files have names. What it says comes through the outer one, the trace through the inner.
{
    setsid --fork unshare --uts --mount --net /bin/sh "$work/outer" "$work" "$user" "$(basename "$scenario" .sh)" \
        "$(asked addresses)" "$(asked containers)" "$(asked container)" "$@" \
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
