#!/bin/bash
# Looking around as administrators and their tools do.
. /usr/local/lib/scenario.sh
set -u

find /opt -xdev -type f
find /opt -perm -0002
play editor -perm 4000
for name in checksecurity rkhunter chkrootkit lynis aide; do
    act "$name" '/usr/bin/find /opt -perm -4000; /usr/bin/find /opt -perm -2000'
done
act dpkg '/usr/bin/find /opt -perm -4000'
play getcap /usr/bin/ping
play editor -r /
play ping 192.0.2.1
play nc 192.0.2.1 22
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
