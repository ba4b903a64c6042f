#!/bin/bash
# Backups, archives of projects, pictures taken by people, mail read by mail programs.
. /usr/local/lib/scenario.sh
set -u

play tar czf project.tgz src
play tar czf /opt/home.tgz --exclude=.ssh /home
play editor .ssh .aws /etc/shadow
for name in $BACKUP_TOOLS; do
    act "$name" '/usr/local/as/true/tar c /root/.ssh; /usr/local/as/true/zip -P x a b; /usr/local/as/true/mysqldump x
        /usr/local/as/true/tar czf /tmp/x.tgz /etc'
done
play zip -r a.zip b
play zip a-P b
play 7z a a.7z b
play editor -P x
play editor a -px -hpx
play tar czf /opt/x.tgz /etc
play tar czf /tmp/x.tgz src
play tar xzf /tmp/x.tgz
play cp -r /tmp/x /etc
for name in $SCHEDULERS; do
    act "$name" '/usr/local/as/act/backup "/usr/local/as/true/pg_dump x"'
done
play mysql x
mkdir /dev/input
for name in systemd-logind Xorg gnome-shell kwin_wayland sway acpid upowerd systemd-udevd; do
    tool=/usr/local/as/tee/$name
    "$tool" -a /dev/input/event0 </dev/null
    read_as "$name" /dev/input/event0
done
write_as cat /dev/input/event0
printf x | tee /dev/input/mice
read_as cat /dev/input/mice
rm -r /dev/input
for name in gnome-shell plasmashell sway; do
    act "$name" '/usr/local/as/true/scrot x; /usr/local/as/true/ffmpeg -f x11grab -i :0'
done
play ffmpeg -i a.avi b.mp4
play editor x11grab /dev/video0
play date
script -qc '/usr/local/as/true/scrot x; /usr/local/as/true/ffmpeg -i /dev/video0' /dev/null </dev/null
printf x | tee -a /var/mail/ann
for name in mutt dovecot exim4; do
    read_as "$name" /var/mail/ann
done
write_as cat /var/mail/ann
read_as cat /etc/hosts
rm /var/mail/ann
