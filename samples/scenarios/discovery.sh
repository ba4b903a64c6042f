#!/bin/bash
# Looks around: for ways to root, for other machines, for who and where it is. Nothing is scanned: the tools are
# stand-ins.
. /usr/local/lib/scenario.sh
set -u

for mode in 4000 2000 6000 u=s u+s; do
    find /opt -xdev -perm "-$mode"
done
play getcap -r /
play getcap -v -r /
for name in nmap masscan zmap rustscan arp-scan netdiscover nbtscan fping hping3; do
    play "$name" 198.51.100.0/24
done
for name in nc ncat netcat nc.openbsd nc.traditional; do
    play "$name" -z 198.51.100.7 22
done
# Counts once: what it then tries to start is not there.
perl_as nmap -e 'exec "/nonexistent"'
play nc -w1 -z 198.51.100.7 22
play nc -vz 198.51.100.7 22
play nc -nvz 198.51.100.7 22
play sh ./linpeas.sh
play sh ./LinEnum.sh
play perl linux-exploit-suggester.pl
play sh unix-privesc-check
play sh linux-smart-enumeration.sh
play pspy64
play deepce.sh
play amicontained
for name in $WEB_SERVERS php-fpm8.2; do
    act "$name" '/usr/local/as/true/id'
done
act nginx '/usr/local/as/act/x "for name in whoami uname hostname who last ps ss netstat ip ifconfig lscpu; do
    /usr/local/as/true/\$name; done"'
play sudo -l
play sudo -ll
play sudo -n -l
play sudo -nl
