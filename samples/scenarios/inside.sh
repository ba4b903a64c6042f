# Sourced by the container scenarios: a container by runc, with the clean Debian as its image and the name that Docker
# would give its control group. It has more rights than it should, as containers do from which there is a way out.

BUNDLE=/opt/bundle
ID=4f2d9c01a7b3e865d0c1f2a39b48e7766aa05f1c3d2e4b5968778695a4b3c2d1

# in_container TERMINAL PROGRAM: runs PROGRAM in the container; TERMINAL is true or false.
in_container() {
    mkdir -p "$BUNDLE/rootfs" /opt/upper /opt/scratch
    mount -t overlay -o lowerdir=/,upperdir=/opt/upper,workdir=/opt/scratch overlay "$BUNDLE/rootfs"
    local rights='["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE", "CAP_MKNOD", "CAP_NET_RAW", "CAP_DAC_OVERRIDE",
        "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_SYS_CHROOT"]'
    cat >"$BUNDLE/config.json" <<JSON
{
  "ociVersion": "1.0.2",
  "hostname": "shop",
  "root": { "path": "rootfs" },
  "process": {
    "terminal": $1, "cwd": "/", "user": { "uid": 0, "gid": 0 }, "args": ["$2"],
    "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
    "capabilities": { "bounding": $rights, "effective": $rights, "permitted": $rights }
  },
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"] },
    { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"] },
    { "destination": "/tmp", "type": "tmpfs", "source": "tmpfs" }
  ],
  "linux": {
    "cgroupsPath": "/docker/$ID",
    "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "uts" }, { "type": "ipc" }],
    "resources": { "devices": [{ "allow": true, "access": "rwm" }] }
  }
}
JSON
    if [ "$1" = true ]; then
        script -qc "runc run --bundle $BUNDLE $ID" /dev/null </dev/null
    else
        runc run --bundle "$BUNDLE" "$ID"
    fi
    umount "$BUNDLE/rootfs"
    rm -rf "$BUNDLE" /opt/upper /opt/scratch
    rmdir /sys/fs/cgroup/*/docker
}
