#!/bin/bash
# A web server runs in a container; somebody opens a shell with a terminal in it, looks around and leaves. Run it through
# samples/record.sh.
#
# container: shop-web nginx:1.22 default
set -u
bundle=/srv/shop-web
id=$(printf shop-web | sha256sum | cut -c1-64)

serve() {
    runc run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
    runc exec "$id" /usr/sbin/nginx </dev/null
}

# What is typed into the terminal.
visit() {
    printf '%s\n' 'id' 'cat /etc/os-release' 'ls /etc/nginx' 'exit' |
        script --quiet --command "runc exec --tty $id /bin/bash" /dev/null >/dev/null
}

stop() {
    runc delete --force "$id"
}

serve
visit
stop
