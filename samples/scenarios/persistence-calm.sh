#!/bin/bash
# The same files as in persistence.sh, written by those whose work it is: package managers, editors, tools for accounts
# and services; and files that lie beside them.
. /usr/local/lib/scenario.sh
set -u

files='/etc/crontab /etc/cron.d/x /var/spool/cron/root /etc/anacrontab /var/spool/anacron/x /var/spool/at/x
    /etc/systemd/system/x.service /usr/lib/systemd/system/x.service /etc/init.d/x /etc/rc.local /etc/ld.so.preload
    /etc/ld.so.conf /etc/ld.so.conf.d/x.conf /usr/lib/x86_64-linux-gnu/security/pam_x.so /usr/lib/libnss_x.so.2
    /etc/modules /etc/modules-load.d/x.conf /etc/modprobe.d/x.conf /boot/x /etc/default/grub /etc/udev/rules.d/x
    /etc/ssh/sshd_config /etc/ssh/sshd_config.d/x.conf /etc/passwd /etc/shadow /etc/sudoers.d/x /etc/pam.d/x
    /etc/profile /etc/profile.d/x.sh /root/.bashrc /etc/xdg/autostart/x.desktop /usr/bin/x /usr/sbin/x'

packages_bring_them() {
    local name
    for name in $PACKAGE_MANAGERS; do
        act "$name" "for f in $(echo $files); do : >>\$f; done; /usr/local/as/true/useradd x"
    done
    # A maintainer script, below the package manager.
    act dpkg "/usr/local/as/act/postinst 'for f in $(echo $files); do : >>\$f; done; /usr/local/as/true/adduser x'"
}

tools_of_the_trade() {
    local name
    for name in cron crond crontab anacron atd; do
        write_as "$name" /etc/cron.d/x /var/spool/at/x
    done
    act atd '/usr/local/as/tee/at -a /var/spool/at/x </dev/null'
    for name in run-parts anacron cron crond; do
        act "$name" '/usr/local/as/tee/tee -a /var/spool/anacron/x </dev/null'
    done
    for name in systemd systemctl systemd-sysv-in cloud-init update-rc.d deb-systemd-hel; do
        write_as "$name" /etc/systemd/system/x.service
    done
    for name in cloud-init google_guest_ag google_metadata waagent; do
        write_as "$name" /root/.ssh/authorized_keys
    done
    # These six are reported for being run, and so are the two that remove; what they write is not.
    for name in $ACCOUNT_TOOLS; do
        write_as "$name" /etc/passwd /home/ann/.bashrc
    done
    for name in sshd login cloud-init pam-auth-update authselect update-passwd; do
        write_as "$name" /etc/passwd
    done
    for name in cloud-init systemd google_guest_ag waagent; do
        act "$name" '/usr/local/as/true/useradd x'
    done
    for name in $EDITORS; do
        write_as "$name" /etc/ssh/sshd_config /etc/profile /root/.bashrc /etc/modules
    done
    for name in cloud-init ansible; do
        write_as "$name" /etc/ssh/sshd_config
    done
    for name in gnome-shell plasmashell xfce4-session; do
        write_as "$name" /home/ann/.config/autostart/x.desktop
    done
    for name in systemd-udevd udevadm; do
        write_as "$name" /etc/udev/rules.d/x
    done
    for name in mkinitramfs update-initramf dracut grub-install grub-mkconfig update-grub kernel-install; do
        write_as "$name" /boot/x
    done
    for name in update-initramf grub-mkconfig update-grub; do
        act "$name" '/usr/local/as/tee/tee -a /boot/x </dev/null'
    done
    for name in ldconfig update-alternat debootstrap; do
        write_as "$name" /usr/bin/x
    done
}

builds_install() {
    local name
    for name in $BUILD_TOOLS; do
        act "$name" '/usr/local/as/tee/install -a /usr/bin/x /usr/lib/libnss_x.so.2 </dev/null'
    done
    write_as make /usr/bin/x /usr/lib/libnss_x.so.2
}

# Read, not written; or written, but something else.
beside_them() {
    read_as cat /etc/crontab /etc/profile /root/.bashrc /etc/passwd /etc/ssh/sshd_config /etc/systemd/system/x.service \
        /etc/ld.so.preload /etc/ld.so.conf /etc/modules /boot/x /usr/bin/x /etc/udev/rules.d/x /root/.ssh/authorized_keys \
        /etc/xdg/autostart/x.desktop /usr/lib/libnss_x.so.2
    write_as tee /etc/anacrontab.bak /etc/rc.local.bak /etc/motd /etc/hosts /root/.ssh/known_hosts /root/.bash_logout \
        /usr/local/bin/x /usr/lib/x.so /etc/profile.bak /etc/modules.bak /etc/default/x /home/ann/x /etc/systemd/x.conf \
        /etc/ld.so.cache /etc/ssh/ssh_config /etc/security/limits.conf /etc/udev/udev.conf
    # A tool for accounts that only asks.
    play getent passwd
    play groups ann
    # Web servers write what nobody runs, and others write pages.
    act nginx ': >>/var/www/x.html; : >>/var/www/cache/x.php; : >>/tmp/x.php'
    act php-fpm8.2 ': >>/var/www/cache/x.php'
    write_as editor /var/www/x.php
    # Writing fails: the file system of the kernel takes no new files, and no ordinary user may write these.
    setpriv --reuid=1000 --clear-groups tee -a /etc/crontab /etc/profile /usr/bin/x </dev/null 2>/dev/null
}

mkdir -p /var/spool/cron /var/spool/anacron /var/spool/at /etc/modules-load.d /etc/modprobe.d /etc/udev/rules.d \
    /etc/ssh/sshd_config.d /etc/xdg/autostart /root/.ssh /home/ann/.config/autostart /var/www/cache /etc/sudoers.d \
    /etc/systemd/system
packages_bring_them
tools_of_the_trade
builds_install
beside_them
