#!/bin/bash
# What looks like defense-evasion.sh: logs are rotated, histories written by their shells, accounts removed, defences
# started and asked how they are, builds forge times.
. /usr/local/lib/scenario.sh
set -u

programs_as_they_should_be() {
    local name dir
    # Daemons from where daemons are.
    for name in systemd sshd cron rsyslogd dbus-daemon agetty udevd systemd-journal; do
        play "$name"
    done
    for dir in /nix/store/x /snap/x /usr/local/lib; do
        mkdir -p "$dir"
        cp /bin/true "$dir/sshd"
        "$dir/sshd"
        rm "$dir/sshd"
    done
    # As on a system in which /bin, /sbin and /lib are no links; what needs no library does it.
    act dpkg '/usr/bin/busybox sh -c "for dir in bin sbin lib; do
        busybox mv /\$dir /\$dir.link; busybox mkdir /\$dir; busybox cp /usr/bin/busybox /\$dir/sshd; /\$dir/sshd
        busybox rm -r /\$dir; busybox mv /\$dir.link /\$dir; done"' 2>/dev/null
    mkdir /opt/x
    cp /bin/true /opt/x/tool
    /opt/x/tool
    cp /bin/true /opt/x/.libs
    act make /opt/x/.libs
    act apt /opt/x/.libs
    # The program `[`, and names with one bracket.
    [ -e /usr/bin/[ ] && /usr/bin/[ -e /etc ]
    bash -c 'exec -a "[x" /bin/true'
    bash -c 'exec -a "x]" /bin/true'
    # A program removes another, and a package manager itself.
    cp /usr/bin/perl /opt/x/dpkg
    cp /usr/bin/perl /opt/x/perl
    /opt/x/perl -e 'unlink "/opt/x/tool"; unlink "/opt/x/none"'
    /opt/x/dpkg -e 'unlink "/opt/x/dpkg"'
    rm -r /opt/x
    LD_PRELOAD=/usr/lib/x.so /bin/true 2>/dev/null
    act make 'LD_PRELOAD=/tmp/x.so /bin/true' 2>/dev/null
    mkdir /opt/a /opt/b
    mount --bind /opt/a /opt/b
    umount /opt/b
    # Refused: no such directory.
    mount --bind /opt/a /proc/999999 2>/dev/null
    rmdir /opt/a /opt/b
}

mounts_of_runtimes() {
    mkdir /opt/a
    sleep 5 &
    local name pid=$!
    for name in $CONTAINER_RUNTIMES 'runc:[2:INIT]'; do
        perl_as "$name" -e "my (\$from, \$to, \$none) = ('/opt/a', '/proc/$pid', ''); syscall($MOUNT, \$from, \$to, \$none, 4096, 0)"
        umount "/proc/$pid"
    done
    kill $pid
    rmdir /opt/a
}

# Arguments: the number of memfd_create, the name of the file, and a link to run it by.
from_memory='my ($call, $name, $link) = @ARGV; my $fd = syscall($call, $name, 1);
    open(OUT, ">&=", $fd); binmode OUT; open(IN, "</bin/true"); binmode IN; local $/; my $text = <IN>;
    syswrite(OUT, $text); my $at = "/proc/self/fd/$fd"; if ($link) { symlink $at, $link; $at = $link } exec { $at } "x"'

in_memory() {
    # By a name that begins as the runtime's does, and from a copy that the runtime made of itself.
    perl -e "$from_memory" "$MEMFD_CREATE" x /opt/runc:x
    perl -e "$from_memory" "$MEMFD_CREATE" runc_cloned
    local name
    for name in $CONTAINER_RUNTIMES; do
        act "$name" "/usr/local/as/perl/perl -e '$from_memory' $MEMFD_CREATE x"
    done
    rm /opt/runc:x
}

logs='/var/log/syslog /var/log/auth.log /var/log/wtmp /var/log/journal/x.journal'

logs_kept() {
    local name
    mkdir -p /var/log/journal
    for name in logrotate rsyslogd syslogd syslog-ng systemd-journal systemd-tmpfile savelog auditd newsyslog dpkg; do
        act "$name" ': >/var/log/syslog; : >/var/log/journal/x.journal'
        perl_as "$name" -e 'unlink @ARGV' $logs
        act "$name" '/usr/local/as/tee/gzip /var/log/syslog </dev/null; /usr/bin/rm /var/log/syslog'
    done
    # Appended to, read, or others.
    printf x >>/var/log/syslog
    printf x >>/var/log/journal/x.journal
    cat /var/log/syslog >/dev/null
    : >/var/log/x.log
    rm /var/log/x.log
    perl -e 'open(F, ">/var/log/x.log"); unlink "/var/log/x.log", "/var/log/none", "/var/log/faillog.x"'
    act logrotate 'rm -r /var/log/syslog /var/log/journal'
}

histories_kept() {
    local name
    for name in $SHELLS python python3 node mysql psql sqlite3 gdb irb less vim emacs redis-cli mariadb; do
        act "$name" ': >/home/ann/.bash_history'
        perl_as "$name" -e 'unlink "/home/ann/.bash_history"'
    done
    for name in userdel deluser; do
        printf x >>/home/ann/.bash_history
        act dpkg "/usr/local/as/act/x 'exec /usr/local/as/act/$name \"cp /dev/null /home/ann/.bash_history
            rm /home/ann/.bash_history; ln -s /dev/null /home/ann/.bash_history; rm /home/ann/.bash_history\"'"
    done
    printf x | tee -a /home/ann/.x_history_of
    printf x | tee /home/ann/history
    rm /home/ann/history /home/ann/.x_history_of
    ln -s /dev/null /home/ann/history
    ln -s /dev/null /home/ann/none/.bash_history 2>/dev/null
    perl -e 'unlink "/home/ann/history", "/home/ann/.none_history"'
    act bash 'printf x >>/home/ann/.bash_history'
    cat /home/ann/.x_history 2>/dev/null
    act bash ': >/home/ann/.bash_history'
    perl_as bash -e 'unlink "/home/ann/.bash_history"'
    HISTSIZE=1000 play bash
    HISTFILE=/home/ann/.bash_history play bash
    HISTFILE=/dev/null play editor
}

defences_looked_after() {
    local name
    play setenforce 1
    play getenforce
    play tool 0
    play tool -e 0
    play tool flush ruleset
    play auditctl -l
    play auditctl -e 1
    play iptables -A INPUT -j ACCEPT
    play iptables -L
    play nft list ruleset
    play ufw enable
    play tool disable
    play tool -F
    play systemctl status auditd
    play systemctl start falco
    play systemctl stop nginx
    play tool stop auditd
    play pkill editor
    play tool -9 auditd
    for name in logrotate rsyslogd syslogd syslog-ng systemd-journal systemd-tmpfile savelog auditd newsyslog; do
        act "$name" '/usr/local/as/true/pkill -HUP rsyslogd'
    done
    act dpkg '/usr/local/as/true/systemctl stop rsyslog; /usr/local/as/true/pkill rsyslogd; /usr/local/as/true/ufw disable'
    for name in systemd systemd-sysctl procps; do
        write_as "$name" /proc/sys/kernel/kptr_restrict
    done
    read_as cat /proc/sys/kernel/kptr_restrict
    write_as sysctl /proc/sys/kernel/pid_max
}

files_dated_by_builds() {
    local name
    play chattr -i /etc/x
    play lsattr +i
    act dpkg '/usr/local/as/true/chattr +i /etc/x; /usr/local/as/true/touch -r /bin/ls /etc/x'
    act make '/usr/local/as/true/touch -r /bin/ls /etc/x'
    play touch /etc/x
    play touch -r a b
    play cp -d /etc/x
    mkdir -p /usr/local/share/ca-certificates
    write_as dpkg /usr/local/share/ca-certificates/x.crt
    read_as cat /usr/local/share/ca-certificates/x.crt
    write_as tee /usr/local/share/x.crt
    rm -r /usr/local/share/ca-certificates /usr/local/share/x.crt
}

programs_as_they_should_be
mounts_of_runtimes
in_memory
logs_kept
histories_kept
defences_looked_after
files_dated_by_builds
