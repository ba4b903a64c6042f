#!/bin/bash
# Ways to rights that nobody gave: bits and capabilities on files, calls that known exploits make, code for the kernel
# (none that it would take), other processes taken over (only the scenario's own).
. /usr/local/lib/scenario.sh
set -u

bits_on_files() {
    cp /bin/true /usr/local/bin/x
    chmod u+s /usr/local/bin/x
    chmod 2755 /usr/local/bin/x
    # By the calls chmod and fchmod.
    perl -e 'chmod(04755, "/usr/local/bin/x"); open(F, "</usr/local/bin/x"); chmod(04755, *F); chmod(02755, *F)'
    rm /usr/local/bin/x
    local capability
    for capability in cap_setuid cap_sys_admin cap_dac_override cap_dac_read_search cap_sys_ptrace cap_sys_module; do
        play setcap "$capability+ep" /usr/local/bin/x
    done
}

calls_of_exploits() {
    local name
    for name in su sudo pkexec mount umount passwd chsh chfn newgrp gpasswd; do
        GCONV_PATH=./x play "$name" -
    done
    GLIBC_TUNABLES=glibc.malloc.mxfast=1 play su -
    LD_PRELOAD=x.so play su - 2>/dev/null
    LD_AUDIT=x.so play su - 2>/dev/null
    play sudo -u#-1 id
    play sudo -u#4294967295 id
    play sudoedit -s '\'
    play pkexec
}

code_for_the_kernel() {
    # Nothing of this is a program that the kernel would run.
    perl -e "my \$text = 'no module'; my \$none = ''; syscall($INIT_MODULE, \$text, 9, \$none);
        open(F, '</etc/hostname'); syscall($FINIT_MODULE, fileno(F), \$none, 0);
        my \$attributes = pack('L2 Q16', 1, 0); syscall($BPF, 5, \$attributes, 120);"
    mkdir -p /dev/port.d
    : >/dev/mem
    : >/dev/kmem
    : >/dev/port
    read_as head /dev/mem /dev/kmem /dev/port
    perl -e 'open(F, "</proc/kcore")'
    rm -r /dev/mem /dev/kmem /dev/port /dev/port.d
}

# PTRACE_TRACEME 0, POKETEXT 4, POKEDATA 5, GETREGS 12, SETREGS 13, ATTACH 16, DETACH 17, SEIZE 0x4206
take_over='
    my ($ptrace, $write) = @ARGV;
    my $child = fork // die;
    if (!$child) { sleep 5; exit }
    syscall($ptrace, 16, $child, 0, 0); waitpid($child, 0);
    my $registers = "\0" x 256;
    syscall($ptrace, 12, $child, 0, $registers);
    my $at = unpack("Q", substr($registers, 19 * 8, 8));
    syscall($ptrace, 4, $child, $at - 256, 0);
    syscall($ptrace, 5, $child, $at - 256, 0);
    syscall($ptrace, 13, $child, 0, $registers);
    syscall($ptrace, 17, $child, 0, 0);
    syscall($ptrace, 0x4206, $child, 0, 0);
    my $code = "A" x 8; my $there = pack("P Q", $code, 8);
    my $address = unpack("Q", pack("P", $code));
    my $local = pack("QQ", $address, 8); my $remote = pack("QQ", $at - 256, 8);
    syscall($write, $child, $local, 1, $remote, 1, 0);
    kill 9, $child; waitpid($child, 0);
'

other_processes() {
    perl -e "$take_over" "$PTRACE" "$PROCESS_VM_WRITEV"
}

user_namespaces() {
    unshare --user true
    unshare --map-root-user true
}

bits_on_files
calls_of_exploits
code_for_the_kernel
other_processes
user_namespaces
