#!/bin/bash
# addresses: 198.51.100.7/32 169.254.169.254/32
# The same secrets in the hands of those that they belong to, and searches for other things.
. /usr/local/lib/scenario.sh
set -u

make_files() {
    local file
    for file; do
        mkdir -p "${file%/*}"
        perl_as sshd -e 'open(F, ">>$ARGV[0]")' "$file"
    done
}

hashes='/etc/shadow /etc/shadow- /etc/gshadow /etc/sudoers /etc/security/opasswd /etc/sudoers.d/x'
keys='/home/ann/.ssh/id_rsa /root/.ssh/id_ed25519 /etc/ssh/ssh_host_rsa_key'
clouds='/root/.aws/credentials /root/.kube/config /root/.docker/config.json /root/.azure/accessTokens.json
    /root/.config/gcloud/credentials.db /root/.config/gcloud/application_default_credentials.json'
browsers='/home/ann/.mozilla/firefox/x.default/logins.json /home/ann/.mozilla/firefox/x.default/key4.db
    /home/ann/.config/chromium/Default/Cookies'
tickets='/tmp/krb5cc_1000 /etc/krb5.keytab'
token=/run/secrets/kubernetes.io/serviceaccount/token

by_their_owners() {
    local name
    for name in $LOGIN_PROGRAMS dpkg; do
        read_as "$name" $hashes
    done
    act dpkg "for name in $(echo $ACCOUNT_TOOLS); do /usr/local/as/cat/\$name /etc/shadow; done"
    act systemd "for name in useradd usermod groupmod adduser chpasswd newusers; do /usr/local/as/cat/\$name /etc/shadow; done"
    for name in groupadd groupdel groupmems addgroup delgroup passwd chgpasswd chage chfn chsh gpasswd vipw vigr visudo \
        pwconv pwunconv grpconv grpunconv pwck grpck shadowconfig systemd-sysuser accounts-daemon homectl; do
        read_as "$name" /etc/shadow
    done
    for name in ssh ssh-add ssh-agent ssh-keygen ssh-keysign ssh-copy-id sshd sshd-session sshd-auth \
        gnome-keyring-d gpg-agent keychain seahorse sssd_ssh autossh mosh dpkg; do
        read_as "$name" $keys
    done
    cd /home/ann/.ssh
    read_as scp id_rsa
    read_as sftp id_rsa
    cd /
    for name in aws kubectl helm docker dockerd podman buildah az gcloud terraform $EDITORS borg restic duplicity rsnapshot bacula-fd; do
        read_as "$name" $clouds
    done
    cd /root/.aws
    read_as rsync credentials
    cd /
    for name in firefox firefox-esr chrome chromium brave $BACKUP_TOOLS; do
        read_as "$name" $browsers
    done
    for name in kinit klist kdestroy kvno krb5_child sssd_be sssd_kcm sshd ssh rpc.gssd adcli; do
        read_as "$name" $tickets
    done
    read_as operator "$token"
    read_as bash /home/ann/.bash_history
    read_as less /home/ann/.bash_history
    act dpkg '/usr/local/as/cat/postinst /etc/shadow'
    # Found, but not opened, and not readable for others.
    ls -l /etc/shadow /root/.ssh /etc/sudoers.d
    setpriv --reuid=1000 --clear-groups cat /etc/gshadow /etc/shadow 2>/dev/null
    ls /etc/sudoers.d/x.d
}

beside_them() {
    read_as cat /root/.ssh/id_ed25519.pub /root/.ssh/config /etc/passwd /etc/group /etc/hosts /root/.aws/config \
        /root/.config/gcloud/x /home/ann/.mozilla/firefox/profiles.ini /home/ann/.config/chromium/Default/Preferences \
        /tmp/logins.json /tmp/Default/Cookies /tmp/krb5.conf /home/ann/history
    write_as editor /root/.aws/credentials /home/ann/.bash_history /root/.ssh/id_ed25519 /tmp/krb5cc_1000 \
        /home/ann/.mozilla/firefox/x.default/key4.db
    write_as cat /home/ann/.bash_history "$token"
    read_as head /run/secrets/kubernetes.io/x
}

memory_of_debuggers() {
    sleep 5 &
    local name pid=$!
    for name in $DEBUGGERS; do
        perl_as "$name" -e "my \$code = 'A' x 8; my \$local = pack('QQ', unpack('Q', pack('P', \$code)), 8);
            my \$child = fork // die; if (!\$child) { sleep 5; exit }
            open(F, '</proc/$pid/mem');
            syscall($PROCESS_VM_READV, \$child, \$local, 1, \$local, 1, 0); kill 9, \$child"
    done
    perl_as runc -e "open(F, '</proc/$pid/mem')"
    perl -e "open(F, '</proc/$pid/maps'); my \$there = pack('QQ', 4096, 8);
        syscall($PROCESS_VM_READV, 999999, \$there, 1, \$there, 1, 0);"
    kill $pid
}

metadata_of_agents() {
    local name ask='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 80, 169, 254, 169, 254)) or die'
    perl_as agent -e "$ask"
    for name in cloud-init dhclient; do
        act "$name" "/usr/local/as/perl/curl -e '$ask'"
    done
    perl_as curl -e 'socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 80, 198, 51, 100, 7)) or die'
}

other_searches() {
    play grep -r listen /etc
    play grep password
    play editor password /etc
    play find / -name '*.txt'
    play editor id_rsa
    act make '/usr/local/as/true/grep -r password /usr/include'
    act dpkg '/usr/local/as/true/find / -name x.pem'
}

networks_configured() {
    local name
    for name in dhclient dhcpcd NetworkManager systemd-network wpa_supplicant lldpd keepalived arping; do
        perl_as "$name" -e 'socket(S, 17, 3, 0x300)'
    done
    perl -e 'socket(S, 1, 1, 0)'
    setpriv --reuid=1000 --clear-groups --bounding-set=-all perl -e 'socket(S, 17, 3, 0x300)'
}

make_files $hashes $keys $clouds $browsers $tickets "$token" /home/ann/.bash_history /root/.ssh/id_ed25519.pub \
    /root/.ssh/config /root/.aws/config /root/.config/gcloud/x /home/ann/.mozilla/firefox/profiles.ini \
    /home/ann/.config/chromium/Default/Preferences /tmp/logins.json /tmp/Default/Cookies /tmp/krb5.conf \
    /home/ann/history /run/secrets/kubernetes.io/x /etc/sudoers.d/x.d/y
by_their_owners
beside_them
memory_of_debuggers
metadata_of_agents
other_searches
networks_configured
rm -rf /home/ann/.[acm]* /home/ann/history /root/.[acdks]* /run/secrets /etc/ssh /tmp/krb5* /etc/krb5.keytab
