#!/bin/bash
# What an intruder does to the machine in the end. Disks are empty files, miners and wipers stand-ins, accounts none.
. /usr/local/lib/scenario.sh
set -u

for name in xmrig xmr-stak minerd cpuminer ccminer ethminer nbminer t-rex kdevtmpfsi kinsing; do
    play "$name"
done
play worker -o stratum+tcp://198.51.100.7:3333
play worker -o stratum+ssl://198.51.100.7:3333
play worker --donate-level=1
mkdir -p /dev/mapper
for disk in sda vda1 xvda nvme0n1 mapper/root; do
    dd if=/dev/zero of="/dev/$disk" bs=512 count=1 2>/dev/null
    rm "/dev/$disk"
done
rmdir /dev/mapper
printf x >/opt/x
shred -u /opt/x
for name in wipe srm sfill; do
    play "$name" x
done
for ending in encrypted locked crypted lockbit akira blackcat; do
    printf x >/opt/x
    mv /opt/x "/opt/x.$ending"
    rm "/opt/x.$ending"
done
printf x >/opt/x
perl -e 'rename "/opt/x", "/opt/x.locked"'
perl -e "my (\$from, \$to) = ('/opt/x.locked', '/opt/y.locked'); syscall($RENAMEAT, -100, \$from, -100, \$to)"
rm /opt/y.locked
for name in HOW_TO_DECRYPT.txt RESTORE_FILES.txt README_DECRYPT.html RECOVER_YOUR_DATA.txt; do
    printf x >"/opt/$name"
    rm "/opt/$name"
done
mkdir -p /var/backups
printf x >/var/backups/a
printf x >/var/backups/b
rm /var/backups/a
perl -e 'unlink "/var/backups/b"'
play lvremove vg/snap
play vgremove vg
play btrfs subvolume delete x
play zfs destroy x
play zpool destroy x
play restic forget --keep-last 0
play userdel ann
play deluser ann
play usermod -L ann
play passwd -l ann
play usermod --lock ann
for name in shutdown reboot halt poweroff; do
    play "$name" now
done
