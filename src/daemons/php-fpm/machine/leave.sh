# shellcheck shell=sh disable=SC2154
# Sourced by the driver, never run by itself.
# When masters of before end: after the Apache of before. Somebody may be there already and not have reached his PHP yet (a busy machine, a slow upload,
# a pool with all its processes at work); to end the master at once would be his 503.

leave_seconds=660 # above what the longest plan allows
queue_turns=40 # in which what waits in the queues of those that left is ended

leaving() { # $pid of the Apache that its driver has just told to end (apache/driver, note_leaving), or status 1
  pid=
  { [ -r "$run/apache-leaving" ] && read -r pid <"$run/apache-leaving"; } || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  lives "$pid"
}
lives() { # <pid>: by what everybody may read. A process that waits to be reaped has ended
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in [ZX]*) return 1 ;; esac
}
shut_pools() { # <name>...: nobody else comes to the pools of those that are $gone, though their masters wait for others' visitors
  for name; do
    for number in $gone; do
      for pool in "$run/php-fpm-$name/pools"/*/*/"$number.conf"; do
        [ -e "$pool" ] || continue
        listen=$(sed -n 's|^listen = ${MUTU_SOCKETS}/||p' "$pool")
        [ -z "$listen" ] || rm -f "$sockets/${name##*-}/${name%-*}/$listen"
      done
    done
  done
}
end_gone() { # [<times>]: all that runs as one of the $gone, but who is served again meanwhile
  for number in $gone; do
    set -- "${1:-50}" "$MUTU_ROOT"/live/release/*/php-fpm/*/*/"$number.conf"
    [ -e "$2" ] || end_account "$number" "$1"
  done
}
end_after() { # <pid> <name>...: returns at once. What ends this waiting leaves them to the next settle
  end_gone 1
  (
    since=$(date +%s) pause=0.1 turns=0
    while lives "$1" && waited=$(($(date +%s) - since)) && [ $waited -lt $leave_seconds ]; do
      [ $waited -lt 5 ] || pause=2
      sleep $pause
      # FPM starts another for each that was killed, and it takes who is next in the pool's queue, to which nobody comes any more
      turns=$((turns + 1))
      [ $turns -gt $queue_turns ] || end_gone 1
    done
    shift
    for name; do end "$name"; done
    end_gone
  ) </dev/null >/dev/null 2>&1 &
}
