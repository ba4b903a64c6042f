#!/bin/bash
# Disks prepared, backups rotated, accounts removed by packages, the machine restarted by whoever may.
. /usr/local/lib/scenario.sh
set -u

play worker -o http://198.51.100.7:3333
for name in fdisk sfdisk parted gdisk systemd-udevd cryptsetup lvm grub-install qemu-img mkfs.ext4 fsck.ext4 e2fsck; do
    tool=/usr/local/as/tee/$name
    "$tool" /dev/sda </dev/null
done
read_as cat /dev/sda
write_as tee /dev/null
rm /dev/sda
play shred --help
play editor x
printf x >/opt/x
mv /opt/x /opt/y.txt
mv /opt/y.txt /opt/locked
printf x >/opt/x.locked
rm /opt/x.locked
mv /opt/none /opt/none.locked 2>/dev/null
perl -e 'rename "/opt/none", "/opt/none.locked"; rename "/opt/locked", "/opt/open"'
perl -e "my (\$from, \$to) = ('/opt/none', '/opt/none.locked'); syscall($RENAMEAT, -100, \$from, -100, \$to)"
rm /opt/open
for name in decrypt.txt how_to_decrypt.py restore_files.sh; do
    printf x >"/opt/$name"
    cat "/opt/$name"
    rm "/opt/$name"
done
printf x | tee /opt/how_to_decrypt.log
act less ': </opt/how_to_decrypt.log'
mkdir -p /var/backups
for name in $BACKUP_TOOLS savelog logrotate dpkg; do
    printf x >/var/backups/a
    printf x >/var/backups/b
    perl_as "$name" -e 'unlink "/var/backups/a", "/var/backups/none"'
    tool=/usr/local/as/rm/$name
    "$tool" /var/backups/b
done
for name in $SCHEDULERS; do
    printf x >/var/backups/a
    act "$name" '/usr/bin/rm /var/backups/a; /usr/local/as/true/lvremove vg/snap; /usr/local/as/true/restic forget
        /usr/local/as/true/shutdown -r now'
done
printf x >/var/backups/a
act apt '/usr/bin/rm /var/backups/a; /usr/local/as/true/userdel x; /usr/local/as/true/usermod -L x'
printf x >/opt/a
rm /opt/a
printf x >/opt/a
perl -e 'unlink "/opt/a"'
play lvcreate vg/snap
play btrfs subvolume list
play zfs list
play restic backup
play editor subvolume delete destroy forget
play editor destroy x
play passwd ann
play passwd -S ann
play usermodx -L ann
play editor -l
act unattended-upgr '/usr/local/as/true/reboot'
play shutdown -c
script -qc '/usr/local/as/true/reboot' /dev/null </dev/null
