#!/bin/bash
# addresses: 198.51.100.7/32
# Connections, tunnels and downloads of honest work.
. /usr/local/lib/scenario.sh
set -u

to_other='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 198, 51, 100, 7)) or die;'
to_self='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 127, 0, 0, 1)) or die;
    socket(S, 10, 2, 0); connect(S, pack("S n N a16 N", 10, 4444, 0, ("\0" x 15) . "\1", 0)) or die;'
wait='socket(L, 2, 1, 0); bind(L, pack("S n C4 x8", 2, 0, 127, 0, 0, 1)); listen(L, 1) or die;'
local='unlink "/tmp/s"; socket(L, 1, 1, 0); bind(L, pack("S a108", 1, "/tmp/s")); listen(L, 5) or die;
    socket(S, 1, 1, 0); connect(S, pack("S a108", 1, "/tmp/s")) or die;'

perl_as client -e "$to_other $wait"
for name in $NETWORK_PIPES; do
    perl_as "$name" -e "$to_self $local"
done
perl_as sh -e "$local"
# Cannot listen: the address is nobody's; there is no such descriptor.
perl_as nc -e 'socket(L, 2, 2, 0); listen(L, 1)'
rm -f /tmp/s
play nc 198.51.100.7 22
play ncat -v 198.51.100.7 22
play socat TCP:198.51.100.7:22 STDIO
play editor -e /bin/sh
play editor exec:x system:x
play curl http://198.51.100.7/onion
for name in systemd dockerd containerd-shim; do
    act "$name" '/usr/local/as/true/cloudflared tunnel'
done
play ssh 198.51.100.7
play ssh -L 8080:localhost:80 198.51.100.7
play editor -R x
play scp -R x
for name in autossh systemd; do
    act "$name" '/usr/local/as/true/ssh -N -R 2222:localhost:22 198.51.100.7'
done
act nginx '/usr/local/as/true/date'
act cron '/usr/local/as/true/curl http://198.51.100.7/x'
tool=/usr/local/as/tee/curl
"$tool" /tmp/x /opt/.x /var/tmp/x </dev/null
tool=/usr/local/as/tee/editor
"$tool" /dev/shm/x /tmp/.x </dev/null
read_as curl /dev/shm/x
act dpkg '/usr/local/as/tee/curl /tmp/.x </dev/null'
rm /tmp/x /opt/.x /var/tmp/x /dev/shm/x /tmp/.x
for name in ping traceroute mtr-packet iptables ip6tables keepalived dhclient; do
    perl_as "$name" -e 'socket(S, 2, 3, 1)'
done
perl -e 'socket(S, 2, 1, 0); socket(S, 2, 2, 0); socket(S, 16, 3, 0)'
setpriv --reuid=1000 --clear-groups --bounding-set=-all perl -e 'socket(S, 2, 3, 1)'
# On the host, not in a container.
play apt-get install tool
play apk add tool
