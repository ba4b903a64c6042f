#!/bin/bash
# From this machine to the next: clients below a web server, somebody else's agent, passwords typed by a program. The
# clients are stand-ins, the agent is a socket that nobody answers.
. /usr/local/lib/scenario.sh
set -u

for name in $WEB_SERVERS php-fpm8.2; do
    act "$name" '/usr/local/as/true/ssh 198.51.100.7'
done
act nginx '/usr/local/as/act/x "for name in scp sftp sshpass smbclient psexec.py; do /usr/local/as/true/\$name; done"'
mkdir /tmp/ssh-x
perl -e 'socket(L, 1, 1, 0); bind(L, pack("S a108", 1, "/tmp/ssh-x/agent.7")); listen(L, 5);
    socket(S, 1, 1, 0); connect(S, pack("S a108", 1, "/tmp/ssh-x/agent.7")) or die'
rm -r /tmp/ssh-x
play sshpass -p x ssh 198.51.100.7
mkdir /home/ann/.ssh
printf x >/home/ann/.ssh/known_hosts
for name in cat grep awk cut sed head python3 perl; do
    read_as "$name" /home/ann/.ssh/known_hosts
done
rm -r /home/ann/.ssh
