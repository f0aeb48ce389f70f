# shellcheck shell=sh disable=SC2154
# Sourced by the driver, never run by itself.
# When masters of before end: after the Apache of before. Somebody may be there already and not have reached his PHP yet (a busy machine, a slow upload,
# a pool with all its processes at work); to end the master at once would be his 503.

leave_seconds=660 # above what the longest plan allows

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
end_after() { # <pid> <name>...: returns at once. What ends this waiting leaves them to the next settle
  (
    since=$(date +%s) pause=0.1
    while lives "$1" && waited=$(($(date +%s) - since)) && [ $waited -lt $leave_seconds ]; do
      [ $waited -lt 5 ] || pause=2
      sleep $pause
    done
    shift
    for name; do end "$name"; done
  ) </dev/null >/dev/null 2>&1 &
}
