#!/bin/sh
# Lays out a container as Docker does, ready for `runc run --bundle /srv/NAME ID`.
#
#   bundle.sh NAME IMAGE default|privileged
#
# Run by record.sh in the clean root, before anything is recorded. The image is the clean root itself, below an overlay
# that takes what the container writes. The container runs `sleep`; programs come in by `runc exec`, or by
# /srv/NAME/entrypoint if the scenario brings one.
set -eu
name=$1 image=$2 rights=$3
id=$(printf %s "$name" | sha256sum | cut -c1-64)

store=/var/lib/docker
mkdir -p "$store"
mountpoint -q "$store" || mount -t tmpfs -o mode=0710 docker "$store"
mkdir -p "$store/overlay2/$id/diff" "$store/overlay2/$id/work" "$store/overlay2/$id/merged" "$store/containers/$id" "/srv/$name"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$store/overlay2/$id/diff,workdir=$store/overlay2/$id/work" "$store/overlay2/$id/merged"
rm -rf "$store/overlay2/$id/merged/srv" "$store/overlay2/$id/merged/opt"
mkdir -p "$store/overlay2/$id/merged/opt" "$store/overlay2/$id/merged/srv"

# What Docker writes of a container.
cat >"$store/containers/$id/config.v2.json" <<JSON
{"ID":"$id","Created":"2026-01-02T03:04:05.000000006Z","Path":"/entrypoint","Args":[],"Name":"/$name","Driver":"overlay2",
"Config":{"Hostname":"$(printf %.12s "$id")","User":"","Image":"$image","Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
"Labels":{"com.example.team":"shop"}},"Image":"sha256:$(printf %s "$image" | sha256sum | cut -c1-64)",
"NetworkSettings":{"Networks":{"none":{"IPAddress":""}},"Ports":{}},"MountPoints":{}}
JSON
privileged=false
[ "$rights" = privileged ] && privileged=true
printf '{"Privileged":%s,"NetworkMode":"none","PidMode":"%s","IpcMode":"private"}\n' \
    "$privileged" "$([ "$rights" = privileged ] && echo host)" >"$store/containers/$id/hostconfig.json"

# What Docker gives runc.
caps='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID",
"CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE"'
hidden='"maskedPaths":["/proc/kcore","/proc/keys","/proc/timer_list","/sys/firmware"],
"readonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"],'
devices='{"allow":false,"access":"rwm"}'
pid='{"type":"pid"},'
if [ "$rights" = privileged ]; then
    caps="$caps"',"CAP_SYS_ADMIN","CAP_SYS_PTRACE","CAP_NET_ADMIN","CAP_SYS_NICE","CAP_DAC_READ_SEARCH"'
    hidden=
    devices='{"allow":true,"access":"rwm"}'
    pid=
fi
cat >"/srv/$name/config.json" <<JSON
{"ociVersion":"1.0.2","hostname":"$(printf %.12s "$id")",
"process":{"terminal":false,"user":{"uid":0,"gid":0},"args":["/entrypoint"],"cwd":"/",
"env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin","HOME=/root","TZ=UTC","LANG=C.UTF-8","TERM=dumb"],
"capabilities":{"bounding":[$caps],"effective":[$caps],"permitted":[$caps]}},
"root":{"path":"$store/overlay2/$id/merged"},
"mounts":[
{"destination":"/proc","type":"proc","source":"proc"},
{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=1024k"]},
{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620"]},
{"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["nosuid","nodev","mode=1777","size=1024k"]},
{"destination":"/tmp","type":"tmpfs","source":"tmp","options":["mode=1777","size=1024k"]}],
"linux":{"cgroupsPath":"/docker/$id",$hidden
"resources":{"devices":[$devices]},
"namespaces":[$pid{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}]}}
JSON
cat >"$store/overlay2/$id/merged/entrypoint" <<'SH'
#!/bin/sh
exec sleep 600
SH
[ -e "/srv/$name.entrypoint" ] && cp "/srv/$name.entrypoint" "$store/overlay2/$id/merged/entrypoint"
chmod 0755 "$store/overlay2/$id/merged/entrypoint"
