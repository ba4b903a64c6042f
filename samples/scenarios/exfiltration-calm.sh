#!/bin/bash
# Fetches, backups, mails and questions to name servers of honest work.
. /usr/local/lib/scenario.sh
set -u

play curl -s http://198.51.100.7/
play curl -d a=b http://198.51.100.7/
play curl -F a=b http://198.51.100.7/
play wget http://198.51.100.7/
play editor -T x
play editor --post-file x
act make '/usr/local/as/true/curl -T x http://198.51.100.7/; /usr/local/as/true/wget --post-file=x http://198.51.100.7/'
play rclone ls there:
play editor copy
for name in $SCHEDULERS; do
    act "$name" '/usr/local/as/true/rclone sync /srv there:; /usr/local/as/true/s3cmd put x
        /usr/local/as/true/mail -s x -a x.zip ann; /usr/local/as/true/rsync -a /etc/shadow 198.51.100.7:'
done
for name in $BACKUP_TOOLS; do
    act "$name" '/usr/local/as/true/rclone sync /srv there:'
done
play mail -s x ann
play editor -a x
play dig www.example.org
play host 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa
play dig 20010db800000000000000000000000120010db8.ip6.arpa
play git show 5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b.x
play scp x 198.51.100.7:
play rsync -a /srv 198.51.100.7:
play rsync -a --exclude=.ssh/id_rsa /home 198.51.100.7:
play cp /etc/shadow .aws/x
