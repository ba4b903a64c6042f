# What the scenarios share. Installed as /usr/local/lib/scenario.sh in the clean Debian, and sourced by them.
#
# Most programs that the rules name are not installed there, and need not be: the kernel calls a process after the file
# name it was started by. A stand-in is a link by that name to something harmless. samples/record.sh makes them before
# it records: for every word of the scenario and of this file, one to each of the programs below.

exec >/dev/null
export LC_ALL=C
AS=/usr/local/as

# act NAME CODE: a program called NAME that does what the shell CODE says, by itself or by its children.
act() { "$AS/act/$1" "${@:2}"; }

# play NAME ARGUMENTS…: a program called NAME, with these arguments, that does nothing.
play() { "$AS/true/$1" "${@:2}"; }

# perl_as NAME ARGUMENTS…: perl under another name, for system calls that no shell makes.
perl_as() { "$AS/perl/$1" "${@:2}"; }

# read_as NAME FILE…: a program called NAME that reads files.
read_as() { "$AS/cat/$1" "${@:2}" >/dev/null; }

# write_as NAME FILE…: a program called NAME that opens files for writing and leaves them as they are.
write_as() { "$AS/tee/$1" -a "${@:2}" </dev/null; }

# The names in the lists of rules/sets that say who may do what others may not.
PACKAGE_MANAGERS='apt apt-get aptitude apt-key dpkg dpkg-preconfigu dpkg-reconfigur unattended-upgr rpm rpmdb dnf dnf5
    microdnf yum zypper pacman apk snapd flatpak rpm-ostree packagekitd'
BUILD_TOOLS='make ninja cmake ctest cargo rustc go gradle mvn meson configure conftest bazel dpkg-buildpacka'
ACCOUNT_TOOLS='useradd userdel usermod groupadd groupdel groupmod groupmems adduser addgroup deluser delgroup passwd
    chpasswd chgpasswd chage chfn chsh gpasswd newusers vipw vigr visudo pwconv pwunconv grpconv grpunconv pwck grpck
    shadowconfig systemd-sysuser accounts-daemon homectl'
LOGIN_PROGRAMS='login sshd sshd-session sshd-auth su sudo sudoedit doas pkexec polkitd polkit-agent-he unix_chkpwd
    unix_update cron crond anacron atd systemd systemd-logind systemd-userdbd systemd-userwor systemd-executo gdm
    gdm-session-wor gdm-password lightdm sddm sddm-helper xdm kcheckpass kscreenlocker_g swaylock dovecot auth
    saslauthd vsftpd proftpd smbd winbindd sssd sssd_pam nscd cupsd cockpit-session screen tmux fprintd xscreensaver
    i3lock'
SHELLS='sh bash dash ash zsh ksh mksh csh tcsh fish'
SCRIPT_INTERPRETERS='python python2 python3 perl ruby php node lua tclsh awk gawk mawk'
NETWORK_PIPES='nc ncat netcat nc.openbsd nc.traditional socat telnet'
FETCHERS='curl wget fetch aria2c lwp-download'
WEB_SERVERS='nginx apache2 httpd lighttpd caddy uwsgi gunicorn'
DATA_STORES='haproxy varnishd redis-server memcached mysqld mariadbd mongod slapd named'
EDITORS='vi vim vim.basic vim.tiny nvim nano emacs'
SCHEDULERS='cron crond anacron atd systemd'
BACKUP_TOOLS='rsync borg restic duplicity rsnapshot bacula-fd'
CONTAINER_RUNTIMES='runc crun containerd containerd-shim dockerd podman buildah conmon kubelet crio'
DEBUGGERS='gdb gdbserver lldb lldb-server strace ltrace rr dlv perf valgrind apport systemd-coredum drkonqi criu'

# System calls that neither a shell nor a library makes today: numbers on x86-64, for perl's `syscall`.
OPEN=2 RENAME=82 CREAT=85 SYMLINK=88 CHMOD=90 MKNOD=133 PTRACE=101 MOUNT=165 INIT_MODULE=175 UNLINKAT=263 RENAMEAT=264
FCHMODAT=268 UNSHARE=272 DUP3=292 PROCESS_VM_READV=310 PROCESS_VM_WRITEV=311 FINIT_MODULE=313 MEMFD_CREATE=319
BPF=321 EXECVEAT=322 OPENAT2=437
