#!/bin/sh
# Files made at run time stay group-writable, whatever uid the platform chose.
umask 002
printf 'user:  uid=%s gid=%s\n' "$(id -u)" "$(id -g)"
printf 'nats:  %s\n' "$(nats-server --version)"
printf 'etcd:  %s\n' "$(etcd --version | head -n 1)"
exec "$@"
