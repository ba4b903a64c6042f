#!/bin/bash
# addresses: 198.51.100.7/32
# containers: yes
# What Falco's stable rules look for and the other scenarios do not do.
. /usr/local/lib/scenario.sh
. /usr/local/lib/inside.sh
set -u

# A path that climbs, as from a web page's parameter.
mkdir -p /srv/pages/shop
cd /srv/pages/shop
cat ../../../etc/passwd
cd /

# A server reads password hashes when it has long been started.
act nginx 'sleep 5.2; : </etc/shadow'

# A daemon's user at work in a session.
act sshd '/usr/bin/setpriv --reuid=33 --regid=33 --clear-groups /usr/bin/id'

# Links over what nobody should reach.
ln -s /etc/shadow /srv/pages/a
ln /etc/shadow /srv/pages/b
rm -r /srv/pages

# Keys to a cloud searched for.
play grep -ri aws_access_key_id /home
play find / -path /root/.aws/credentials

# A client of SSH towards a port of the web; the other end is this machine.
perl_as ssh -e 'my $there = pack("S n C4 x8", 2, 443, 198, 51, 100, 7);
    socket(L, 2, 1, 0); setsockopt(L, 1, 2, 1); bind(L, $there); listen(L, 1) or die;
    socket(S, 2, 1, 0); connect(S, $there) or die'

# A shell with a terminal is what a container runs first.
in_container true /usr/local/as/act/sh
