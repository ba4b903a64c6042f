#!/bin/bash
# containers: yes
# The same outside of a container, in the hands of container engines, and what containers do all day.
. /usr/local/lib/scenario.sh
. /usr/local/lib/inside.sh
set -u

runtimes='runc crun containerd containerd-shim dockerd podman buildah conmon kubelet crio runc:[2:INIT]'

cat >/usr/local/lib/chores <<INSIDE
#!/bin/bash
. /usr/local/lib/scenario.sh
write_as parted /dev/sda
: >/mnt/at
for name in $runtimes systemd mkinitramfs; do
    perl_as "\$name" -e "my (\\\$from, \\\$to, \\\$none) = ('/dev/sda', '/mnt/at', ''); syscall($MOUNT, \\\$from, \\\$to, \\\$none, 4096, 0)"
    umount /mnt/at
done
for name in $runtimes; do
    perl_as "\$name" -e "syscall($UNSHARE, 0x00020000); my \\\$file = '/dev/\$name'; syscall($MKNOD, \\\$file, 060600, 2048);
        open(F, '</proc/1/root/etc/hostname')"
done
mkdir /mnt/a
mount -t tmpfs tmpfs /mnt/a
umount /mnt/a
mount /dev/sdb /mnt/none 2>/dev/null
unshare --uts true
perl -e "syscall($UNSHARE, 0x1000000010020000)"
mknod /dev/char c 1 3
mknod /dev/char2 c 10 200
for number in 2047 2304 64511 131072 8388607 8388864 264241151; do
    perl -e "my \\\$file = '/dev/other\$number'; syscall($MKNOD, \\\$file, 060600, \$number)"
done
mkfifo /dev/fifo2
mkfifo /dev/fifo
mknod /dev/none/x b 8 0 2>/dev/null
head -1 /etc/hostname /proc/1/status
play ls /dev
play apt-get update
play editor install x
for name in buildah buildkitd podman; do
    act "\$name" '/usr/local/as/true/apt-get install -y tool'
done
sh -c :
INSIDE
cat >/usr/local/lib/terminal <<'INSIDE'
#!/usr/bin/perl
system '/usr/local/as/true/less';
INSIDE
chmod 0755 /usr/local/lib/chores /usr/local/lib/terminal

in_container false /usr/local/lib/chores
in_container true /usr/local/lib/terminal

# On the host.
write_as parted /dev/sda
: >/mnt/at
mount --bind /dev/sda /mnt/at
umount /mnt/at
rm /dev/sda /mnt/at
unshare --mount true
nsenter --mount=/proc/self/ns/mnt true
mknod /dev/host b 8 0
rm /dev/host
head -1 /proc/1/root/etc/hostname
script -qc 'sh -c :' /dev/null </dev/null
play debugfs x
play nsenter -t 123 -m
play editor -t 1 -m
for name in systemd systemd-sysctl sysctl apport systemd-coredum procps abrtd abrt-install-cc; do
    write_as "$name" /proc/sys/kernel/core_pattern
done
read_as cat /proc/sys/kernel/core_pattern
write_as tee /proc/sys/kernel/pid_max
perl -e 'open(F, "</proc/self/exe"); open(F, ">>/opt/exe"); open(F, ">>/proc/self/comm")'
rm /opt/exe
engine='unlink $at; socket(L, 1, 1, 0); bind(L, pack("S a108", 1, $at)); listen(L, 5); socket(S, 1, 1, 0);
    connect(S, pack("S a108", 1, $at))'
for name in $CONTAINER_RUNTIMES docker docker-compose docker-proxy ctr nerdctl crictl traefik portainer; do
    perl_as "$name" -e "\$at = '/run/docker.sock'; $engine"
done
perl -e "\$at = '/run/other.sock'; $engine"
perl -e 'socket(L, 1, 1, 0); bind(L, pack("S a108", 1, "/tmp/docker.sock"))'
rm /run/docker.sock /run/other.sock /tmp/docker.sock
play docker run alpine
play docker ps --privileged
play docker run -v /srv:/srv alpine
play editor run --privileged
rm /usr/local/lib/chores /usr/local/lib/terminal
