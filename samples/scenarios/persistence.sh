#!/bin/bash
# What an intruder does to come back: jobs, services, keys, accounts, start files, modules, programs and pages that
# were not there before. All of it is taken back at the end, in a root directory that nobody keeps.
. /usr/local/lib/scenario.sh
set -u

# Opens files for writing, and leaves what exists as it is.
plant() {
    local file
    for file; do
        [ -d "${file%/*}" ] || mkdir -p "${file%/*}"
        : >>"$file"
    done
}

jobs_and_services() {
    plant /etc/crontab /etc/cron.d/apt-daily /var/spool/cron/root /etc/anacrontab /var/spool/anacron/cron.daily
    plant /var/spool/at/a0001
    plant /etc/systemd/system/x.service /usr/lib/systemd/system/x.service /usr/local/lib/systemd/system/x.service
    plant /etc/systemd/user/x.service /etc/init.d/x /etc/rc.local /home/ann/.config/systemd/user/x.service
    plant /root/.config/systemd/user/x.service
}

libraries_and_modules() {
    plant /etc/ld.so.preload /etc/ld.so.conf /etc/ld.so.conf.d/x.conf
    plant /usr/lib/x86_64-linux-gnu/security/pam_x.so /usr/lib/libnss_x.so.2
    plant /etc/modules /etc/modules-load.d/x.conf /etc/modprobe.d/x.conf
    plant /boot/initrd.img /etc/default/grub
    plant /etc/udev/rules.d/99-x.rules /usr/lib/udev/rules.d/99-x.rules /run/udev/rules.d/99-x.rules
}

keys_and_accounts() {
    plant /root/.ssh/authorized_keys /home/ann/.ssh/authorized_keys2 /etc/ssh/authorized_keys/root
    plant /etc/ssh/sshd_config /etc/ssh/sshd_config.d/x.conf
    plant /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/doas.conf
    plant /etc/sudoers.d/x /etc/pam.d/x
    local name
    for name in useradd adduser usermod groupmod chpasswd newusers; do
        play "$name" mallory
    done
}

start_files() {
    plant /etc/profile /etc/bash.bashrc /etc/bashrc /etc/environment /etc/zsh/zshrc /etc/profile.d/x.sh
    plant /home/ann/.bashrc /home/ann/.profile /home/ann/.bash_profile /home/ann/.zshrc
    plant /root/.bashrc /root/.profile /root/.bash_profile /root/.zshrc
    plant /etc/xdg/autostart/x.desktop /home/ann/.config/autostart/x.desktop
}

programs_and_pages() {
    plant /usr/bin/x /usr/sbin/x /bin/y /sbin/y
    local name
    for name in $WEB_SERVERS php-fpm8.2; do
        act "$name" ': >>/var/www/x.php'
    done
    act nginx ': >>/srv/www/x.phtml; : >>/usr/share/nginx/x.jsp; : >>/var/www/x.cgi'
}

# The same by calls that neither a shell nor a library makes today: open, creat and openat2.
by_other_calls() {
    perl -e "my \$file = '/etc/cron.d/by-open'; syscall($OPEN, \$file, 0101, 0600);
        my \$other = '/etc/cron.d/by-creat'; syscall($CREAT, \$other, 0600);
        my \$third = '/etc/cron.d/by-openat2'; my \$how = pack('Q3', 0101, 0600, 0);
        syscall($OPENAT2, -100, \$third, \$how, 24);"
}

undo() {
    rm -rf /etc/cron.d/apt-daily /etc/cron.d/by-* /var/spool/cron/root /etc/anacrontab /var/spool/anacron \
        /var/spool/at /etc/systemd/system/x.service /usr/lib/systemd/system/x.service /usr/local/lib/systemd \
        /etc/systemd/user/x.service /etc/init.d/x /etc/rc.local /home/ann/.config /root/.config /etc/ld.so.preload \
        /etc/ld.so.conf.d/x.conf /usr/lib/x86_64-linux-gnu/security/pam_x.so /usr/lib/libnss_x.so.2 /etc/modules \
        /etc/modules-load.d/x.conf /etc/modprobe.d/x.conf /boot/initrd.img /etc/udev /run/udev \
        /usr/lib/udev/rules.d/99-x.rules /root/.ssh /home/ann/.ssh /etc/ssh /etc/doas.conf /etc/sudoers* /etc/pam.d/x \
        /etc/bashrc /etc/zsh /etc/profile.d/x.sh /home/ann/.*rc /home/ann/.*profile /root/.bash_profile /root/.zshrc \
        /etc/xdg/autostart/x.desktop /usr/bin/[xy] /usr/sbin/[xy] /var/www /srv/www /usr/share/nginx
}

mkdir -p /var/www /srv/www /usr/share/nginx
jobs_and_services
libraries_and_modules
keys_and_accounts
start_files
programs_and_pages
by_other_calls
undo
