#!/bin/sh
# rules.sh RULES KBIT: replaces the rules in one step, and caps what leaves the namespace (0: no cap).
set -eu
# By its path: a busybox shell would take its own.
printf '%s\n' "$1" | nft -f -
if [ "$2" = 0 ]; then
  /sbin/tc qdisc del dev eth0 root 2> /dev/null || true
else
  # A burst holds 10 ms of the rate, and at least one packet of 64 KiB as the kernel hands them over.
  burst=$(( $2 * 10 / 8 ))
  [ "$burst" -ge 131072 ] || burst=131072
  /sbin/tc qdisc replace dev eth0 root tbf rate "$2kbit" burst "$burst" latency 50ms
fi
