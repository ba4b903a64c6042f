#!/bin/bash
# Logging in to other machines as administrators and their tools do.
. /usr/local/lib/scenario.sh
set -u

act bash '/usr/local/as/true/ssh 198.51.100.7; /usr/local/as/true/scp x 198.51.100.7:; /usr/local/as/true/sftp 198.51.100.7'
act nginx '/usr/local/as/true/date'
mkdir /tmp/ssh-x
agent='socket(L, 1, 1, 0); unlink($at); bind(L, pack("S a108", 1, $at)); listen(L, 5);
    socket(S, 1, 1, 0); connect(S, pack("S a108", 1, $at)) or die'
for name in ssh ssh-add ssh-agent ssh-keygen ssh-keysign ssh-copy-id scp sftp sshd sshd-session sshd-auth \
    gnome-keyring-d gpg-agent keychain seahorse sssd_ssh autossh mosh git rsync screen tmux; do
    perl_as "$name" -e "\$at = '/tmp/ssh-x/agent.7'; $agent"
done
perl -e "\$at = '/tmp/ssh-x/other'; $agent"
perl -e 'socket(L, 1, 1, 0); bind(L, pack("S a108", 1, "/tmp/ssh-x/agent.8"))'
rm -r /tmp/ssh-x
for name in ansible ansible-playboo; do
    act "$name" '/usr/local/as/true/sshpass -p x ssh 198.51.100.7'
done
mkdir /home/ann/.ssh
printf x >/home/ann/.ssh/known_hosts
read_as ssh /home/ann/.ssh/known_hosts
read_as cat /etc/hosts
write_as cat /home/ann/.ssh/known_hosts
rm -r /home/ann/.ssh
