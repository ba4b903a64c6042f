#!/bin/bash
# Looking around as administrators and their tools do.
. /usr/local/lib/scenario.sh
set -u

find /opt -xdev -type f
find /opt -perm -0002
find /opt -size +4000
play editor -perm 4000
for name in checksecurity rkhunter chkrootkit lynis aide; do
    act "$name" '/usr/bin/find /opt -perm -4000; /usr/bin/find /opt -perm -2000'
done
act dpkg '/usr/bin/find /opt -perm -4000'
play getcap /usr/bin/ping
play editor -r /
play ping 198.51.100.7
play nc 198.51.100.7 22
play editor -z
play sh ./backup.sh
for name in curl wget git $EDITORS; do
    play "$name" linpeas.sh
done
play editor /srv/deploy
play sh -c id
id
whoami
uname -a
hostname
act nginx '/usr/local/as/true/nginx -t; /usr/local/as/true/date'
act cron '/usr/local/as/true/id'
play sudo id
play editor -l
for name in ansible salt-minion puppet; do
    act "$name" '/usr/local/as/true/sudo -l'
done
# A person at a terminal.
script -qc '/usr/local/as/true/sudo -l' /dev/null </dev/null
