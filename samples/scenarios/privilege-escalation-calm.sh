#!/bin/bash
# What looks like privilege-escalation.sh: packages and archives bring files with set-user-ID bits, sudo is used, modules
# come from where modules are, debuggers debug, sandboxes make namespaces.
. /usr/local/lib/scenario.sh
set -u

give_bits='chmod 04755, "/opt/x"; open(F, "</opt/x"); chmod 04755, *F;'

bits_by_those_who_may() {
    local name
    for name in tar unsquashfs rsync git cpio dockerd containerd buildkitd podman buildah exe systemd systemd-tmpfile \
        systemd-journal journalctl mkinitramfs dracut-install make dpkg; do
        perl_as "$name" -e "$give_bits"
    done
    act cmake "/usr/local/as/perl/perl -e '$give_bits'; /usr/local/as/true/setcap cap_setuid+ep /opt/x"
    act rpm "/usr/local/as/perl/perl -e '$give_bits'; /usr/local/as/true/setcap cap_setuid+ep /opt/x"
}

other_bits() {
    # Ordinary modes, the group's bit on a directory that nobody runs, a file that is not there.
    chmod 0755 /opt/x
    mkdir /opt/shared
    perl -e 'chmod 02640, "/opt/x"; open(F, "</opt/x"); chmod 0755, *F; chmod 02640, *F; chmod 04755, "/opt/none"'
    chmod 01777 /opt/shared
    play setcap cap_net_bind_service+ep /opt/x
    play setcap -r /opt/x
    play getcap cap_setuid
}

sudo_used() {
    play sudo -u ann id
    play tool -u#-1 id
    play sudoedit /etc/hosts
    play pkexec id
    play su -
    LD_LIBRARY_PATH=/opt/lib play sudo id
    LD_PRELOAD=x.so play editor 2>/dev/null
}

modules_and_programs_of_the_kernel() {
    mkdir -p /lib/modules/x
    : >/lib/modules/x/x.ko
    local name load="my \$text = 'no module'; my \$none = ''; syscall($INIT_MODULE, \$text, 9, \$none);"
    for name in modprobe kmod systemd-udevd systemd-modules udevd udevadm dockerd dpkg '(udev-worker)'; do
        perl_as "$name" -e "$load"
    done
    act apt "/usr/local/as/perl/perl -e '${load//\'/\"}'"
    for name in /lib /usr/lib; do
        perl -e "my \$none = ''; open(F, '<$name/modules/x/x.ko'); syscall($FINIT_MODULE, fileno(F), \$none, 0);"
    done
    act dpkg "/usr/local/as/perl/postinst -e 'my \$none = \"\"; open(F, \"</etc/hostname\");
        syscall($FINIT_MODULE, fileno(F), \$none, 0);'"
    perl_as dpkg -e "my \$none = ''; open(F, '</etc/hostname'); syscall($FINIT_MODULE, fileno(F), \$none, 0);"
    rm -r /lib/modules/x
}

virtual_machine_of_the_kernel() {
    local name program="my \$attributes = pack('L2 Q16', 1, 0); syscall($BPF, 5, \$attributes, 120);"
    for name in systemd bpftool bpftrace tc ip falco tracee tetragon cilium-agent scap $CONTAINER_RUNTIMES; do
        perl_as "$name" -e "$program"
    done
    # A table for such programs, and none.
    perl -e "my \$attributes = pack('L4 Q16', 2, 4, 4, 1); syscall($BPF, 0, \$attributes, 120);"
}

memory_looked_at() {
    write_as Xorg /dev/mem
    local name
    for name in dmidecode Xorg crash makedumpfile; do
        read_as "$name" /dev/mem
    done
    read_as cat /dev/null /proc/meminfo
    rm /dev/mem
}

take_over='
    my ($ptrace, $write) = @ARGV;
    my $child = fork // die;
    if (!$child) { sleep 5; exit }
    syscall($ptrace, 16, $child, 0, 0); waitpid($child, 0); syscall($ptrace, 17, $child, 0, 0);
    my $code = "A" x 8; my $registers = "\0" x 8;
    my $local = pack("QQ", unpack("Q", pack("P", $code)), 8);
    syscall($write, $child, $local, 1, $local, 1, 0);
    kill 9, $child; waitpid($child, 0);
'

debuggers_debug() {
    local name
    for name in $DEBUGGERS; do
        perl_as "$name" -e "$take_over" "$PTRACE" "$PROCESS_VM_WRITEV"
    done
    # Processes that are not there, and one that asks to be watched.
    perl -e "syscall($PTRACE, 16, 999999, 0, 0); my \$there = pack('QQ', 4096, 8);
        syscall($PROCESS_VM_WRITEV, 999999, \$there, 1, \$there, 1, 0);"
    perl -e "syscall($PTRACE, 0, 0, 0, 0)"
}

namespaces_by_those_who_may() {
    local name
    for name in $CONTAINER_RUNTIMES bwrap chrome chromium firefox electron newuidmap systemd-executo dpkg; do
        perl_as "$name" -e "syscall($UNSHARE, 0x10000000)"
    done
    act dpkg '/usr/bin/unshare --user true'
    unshare --mount --uts true
    # Refused: a flag that there is not.
    perl -e "syscall($UNSHARE, 0x1000000010000000)"
}

cp /bin/true /opt/x
bits_by_those_who_may
other_bits
sudo_used
virtual_machine_of_the_kernel
memory_looked_at
debuggers_debug
namespaces_by_those_who_may
modules_and_programs_of_the_kernel
