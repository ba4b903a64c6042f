#!/bin/bash
# Covering tracks and hiding: programs under false names, logs and histories emptied, removed or led elsewhere, defences
# switched off (none is there: the commands are stand-ins).
. /usr/local/lib/scenario.sh
set -u

hidden_programs() {
    local dir name
    cp /bin/true /usr/local/bin/.x
    /usr/local/bin/.x
    rm /usr/local/bin/.x
    bash -c 'exec -a "[kworker/0:1]" /bin/true'
    mkdir -p /opt/x
    for name in systemd sshd cron rsyslogd dbus-daemon agetty udevd systemd-journal; do
        cp /bin/true "/opt/x/$name"
        "/opt/x/$name"
    done
    # In memory: memfd_create, write, and run by its path in /proc; and by a name that is its own.
    perl -e "my \$name = 'x'; my \$fd = syscall($MEMFD_CREATE, \$name, 1); open(OUT, '>&=', \$fd); binmode OUT;
        open(IN, '</bin/true'); binmode IN; local \$/; my \$text = <IN>; syswrite(OUT, \$text);
        exec { '/proc/self/fd/' . \$fd } 'x';"
    # A program that removes itself: busybox can, by unlinkat; perl by unlink.
    cp /bin/busybox /opt/x/busybox
    /opt/x/busybox rm /opt/x/busybox
    cp /usr/bin/perl /opt/x/perl
    /opt/x/perl -e 'unlink "/opt/x/perl"'
    cp /usr/bin/perl /opt/x/perl
    /opt/x/perl -e "my \$file = '/opt/x/perl'; syscall($UNLINKAT, -100, \$file, 0)"
    for dir in /tmp /var/tmp /dev/shm; do
        LD_PRELOAD=$dir/x.so /bin/true 2>/dev/null
    done
    mkdir /opt/empty
    sleep 5 &
    mount --bind /opt/empty "/proc/$!"
    umount "/proc/$!"
    kill $!
    rm -r /opt/x /opt/empty
}

logs='/var/log/syslog /var/log/messages /var/log/auth.log /var/log/secure /var/log/kern.log /var/log/cron
    /var/log/maillog /var/log/mail.log /var/log/wtmp /var/log/btmp /var/log/lastlog /var/log/faillog /var/log/utmp
    /var/run/utmp /run/utmp /var/log/audit/audit.log /var/log/journal/x.journal'

logs_gone() {
    local log
    mkdir -p /var/log/audit /var/log/journal
    for log in $logs; do
        : >"$log"
    done
    # By rm, that is unlinkat, and by perl, that is unlink.
    rm -f $logs
    for log in $logs; do
        printf x >>"$log"
    done
    perl -e 'unlink @ARGV' $logs
}

histories_gone() {
    printf x >>/home/ann/.bash_history
    printf x >>/root/.python_history
    truncate -s 0 /home/ann/.bash_history
    cp /dev/null /home/ann/.bash_history
    rm /home/ann/.bash_history
    perl -e 'unlink "/root/.python_history"'
    ln -s /dev/null /home/ann/.bash_history
    perl -e 'symlink "/dev/null", "/root/.zsh_history"'
    rm -f /home/ann/.bash_history /root/.zsh_history
    local name
    for name in $SHELLS; do
        HISTFILE=/dev/null play "$name"
    done
    HISTSIZE=0 play bash
    HISTFILESIZE=0 play bash
}

defences_off() {
    local name what
    play setenforce 0
    play setenforce Permissive
    play setenforce permissive
    play auditctl -e 0
    play auditctl -D
    for name in iptables ip6tables xtables-nft-mul; do
        play "$name" -F
    done
    play iptables --flush INPUT
    play nft flush ruleset
    play ufw disable
    for what in auditd rsyslog falco apparmor firewalld fail2ban osqueryd wazuh crowdstrike; do
        play systemctl stop "$what"
        play pkill "$what"
    done
    play systemctl disable auditd
    play systemctl mask auditd
    play killall auditd
    # These are opened as if to write, and left alone.
    for what in randomize_va_space kptr_restrict dmesg_restrict; do
        : >>"/proc/sys/kernel/$what"
    done
}

files_protected_and_dated() {
    play chattr +i /etc/x
    play chattr +a /etc/x
    play touch -r /bin/ls /opt/x
    play touch -t 202001010000 /etc/x
    play touch -d 2020-01-01 /lib/x
    play touch --reference=/etc/hosts x
    play touch --date=2020-01-01 /etc/x
    mkdir -p /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors
    : >/usr/local/share/ca-certificates/x.crt
    : >/etc/pki/ca-trust/source/anchors/x.crt
    rm -r /usr/local/share/ca-certificates /etc/pki
}

hidden_programs
logs_gone
histories_gone
defences_off
files_protected_and_dated
