#!/bin/bash
# addresses: 198.51.100.7/32 169.254.169.254/32
# Takes what opens doors: password hashes, keys, tokens, tickets, histories, the memory of a process (the scenario's own).
# All files are made for the purpose and hold nothing.
. /usr/local/lib/scenario.sh
set -u

make_files() {
    local file
    for file; do
        mkdir -p "${file%/*}"
        printf x >>"$file"
    done
}

hashes='/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/sudoers /etc/security/opasswd /etc/sudoers.d/x'
keys='/home/ann/.ssh/id_rsa /root/.ssh/id_ed25519 /etc/ssh/ssh_host_rsa_key'
clouds='/root/.aws/credentials /root/.kube/config /root/.docker/config.json /root/.azure/accessTokens.json
    /root/.config/gcloud/credentials.db /root/.config/gcloud/application_default_credentials.json'
browsers='/home/ann/.mozilla/firefox/x.default/logins.json /home/ann/.mozilla/firefox/x.default/key4.db
    /home/ann/.mozilla/firefox/x.default/cookies.sqlite /home/ann/.config/chromium/Default/Cookies'
tickets='/tmp/krb5cc_1000 /etc/krb5.keytab'
token=/run/secrets/kubernetes.io/serviceaccount/token

files_read() {
    cat $hashes $keys $clouds $browsers $tickets >/dev/null
    cat "/home/ann/.config/chromium/Default/Login Data" >/dev/null
    local name
    for name in $SHELLS; do
        read_as "$name" "$token"
    done
    for name in cat head grep base64 cp tar; do
        read_as "$name" "$token"
    done
    for name in cat grep egrep head tail strings cp scp tar base64 awk sed; do
        read_as "$name" /home/ann/.bash_history
    done
}

# The same by the call open.
by_another_call() {
    perl -e "my \$file = '/etc/shadow'; syscall($OPEN, \$file, 0)"
}

memory_read() {
    cat /proc/self/mem 2>/dev/null
    sleep 5 &
    perl -e "my \$code = 'A' x 8; my \$local = pack('QQ', unpack('Q', pack('P', \$code)), 8);
        my \$child = fork // die; if (!\$child) { sleep 5; exit }
        open(F, \"</proc/$!/mem\");
        syscall($PROCESS_VM_READV, \$child, \$local, 1, \$local, 1, 0); kill 9, \$child"
    kill $!
}

ask='socket(S, 2, 2, 0); connect(S, pack("S n C4 x8", 2, 80, 169, 254, 169, 254)) or die'

metadata_asked() {
    local name
    for name in $FETCHERS $NETWORK_PIPES $SHELLS $SCRIPT_INTERPRETERS; do
        perl_as "$name" -e "$ask"
    done
    # Asked, and not only connected to.
    perl_as curl -e "$ask; syswrite(S, 'x') for 1, 2"
}

searches() {
    local name what
    for name in grep egrep fgrep rg ag; do
        play "$name" -ri PASSWORD /etc
    done
    for what in passwd= 'private key' aws_secret api_key; do
        play grep -r "$what" /home
    done
    play grep -r --include=*.ini password .
    for name in find locate; do
        play "$name" id_rsa
    done
    for what in id_ed25519 x.kdbx x.pem .aws .netrc; do
        play find / -name "$what"
    done
}

listening() {
    perl -e 'socket(S, 17, 3, 0x300)'
}

make_files $hashes $keys $clouds $browsers $tickets "$token" /home/ann/.bash_history
printf x >"/home/ann/.config/chromium/Default/Login Data"
files_read
by_another_call
memory_read
metadata_asked
searches
listening
rm -rf /home/ann/.[a-z]* /root/.[a-z]* /run/secrets /etc/ssh /tmp/krb5cc_1000 /etc/krb5.keytab
