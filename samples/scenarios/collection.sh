#!/bin/bash
# Brings together what is worth taking. Nothing is packed: packers, dumpers and recorders are stand-ins, and the files
# that are read were made for it.
. /usr/local/lib/scenario.sh
set -u

for name in tar zip 7z 7za rar; do
    play "$name" c /opt/x.tgz /root/.ssh
    play "$name" c /tmp/x.tgz /etc
done
for what in .aws .gnupg .kube /etc/shadow; do
    play tar czf /opt/x.tgz "$what"
done
play zip -P x a.zip b
play zip -r -P x a.zip b
play zip --password x a.zip b
play 7z a -px a.7z b
play 7za a -px a.7z b
play rar a -px a.rar b
play rar a -hpx a.rar b
play tar czf /var/tmp/x.tgz /home
play tar czf /dev/shm/x.tgz /root
play tar czf /tmp/x.tgz /var/www
for name in mysqldump mariadb-dump pg_dump pg_dumpall mongodump mongoexport; do
    play "$name" --all
done
mkdir /dev/input
printf x >/dev/input/event0
cat /dev/input/event0
rm -r /dev/input
for name in scrot xwd fbgrab grim arecord parecord; do
    play "$name" x
done
play ffmpeg -f x11grab -i :0 x.mp4
play ffmpeg -i /dev/video0 x.mp4
mkdir -p /var/mail /var/spool/mail.d
printf x >/var/mail/ann
for name in cat grep head tail strings cp scp tar; do
    read_as "$name" /var/mail/ann
done
read_as cat /var/spool/mail/ann
rm /var/mail/ann
