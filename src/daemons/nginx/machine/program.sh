# shellcheck shell=sh disable=SC2154
# Sourced by the driver, never run by itself.
# The running program: its master, its workers, and how both are exchanged without a visitor waiting.

reload_ticks=2000 # of 0.005 s
leaving_ticks=50 # of a hundredth of a second

pid_of() { # $pid, or status 1
  if [ "$MUTU_START" = direct ]; then
    pid=
    { [ -r "$state/nginx.pid" ] && read -r pid <"$state/nginx.pid"; } || return 1
  else
    pid=$(unit pid mutu-nginx 2>/dev/null) || return 1
  fi
  case $pid in '' | 0 | 1 | *[!0-9]*) return 1 ;; esac
  # The file belongs to nginx's user: only a master with our configuration is taken for one.
  title_of "$pid"
  case $title in 'nginx: master process '*"$run/nginx.conf"*) ;; *) return 1 ;; esac
}
title_of() { # <pid>: $title, or nothing. It has no end of line, so read says that it failed
  title=
  { read -r title <"/proc/$1/cmdline" || :; } 2>/dev/null
}
workers() { # <master>: $workers, pids of those that accept. By the kernel's own list where it has one: no process is started for it
  workers=
  [ -r "/proc/$1/task/$1/children" ] || { workers=$(pgrep -P "$1" -f '^nginx: worker process *$' | tr '\n' ' ') || :; return 0; }
  children=
  read -r children <"/proc/$1/task/$1/children" || :
  for child in $children; do
    title_of "$child"
    case $title in 'nginx: worker process is shutting down'*) ;; 'nginx: worker process'*) workers="$workers$child " ;; esac
  done
}
start() {
  if [ "$MUTU_START" = direct ]; then
    mkdir -p "$state/cache" "$logs"
    own "$state" "$state/cache" "$logs"
    as_nginx "$program" -c "$run/nginx.conf" -e "$logs/error.log" </dev/null >"$run/words" 2>&1 || { cat "$run/words"; return 1; }
  else unit start mutu-nginx || { tail -n 20 "$logs/error.log" 2>/dev/null || :; return 1; }; fi
  tick=0
  until pid_of && workers "$pid" && [ -n "$workers" ]; do
    tick=$((tick + 1))
    [ $tick -lt $reload_ticks ] || { echo "nginx: the new workers did not come"; return 1; }
    sleep 0.005
  done
}
reload() { # $pid is the master. Returns when only workers with the new configuration accept
  workers "$pid"
  before=" $workers" count=0
  for worker in $workers; do count=$((count + 1)); done
  # The signal that the unit's own reload would send, without the way through systemd: it stands between a member and the site.
  kill -HUP "$pid"
  tick=0 asked=no
  while :; do
    new=0 old=
    workers "$pid"
    for worker in $workers; do case $before in *" $worker "*) old="$old $worker" ;; *) new=$((new + 1)) ;; esac; done
    [ $new -eq 0 ] || [ -n "$old" ] || return 0
    # The master lets its new workers settle for a tenth of a second before it tells the old ones; as many as before have come, so we tell them now.
    if [ $asked = no ] && [ $new -ge $count ]; then
      asked=yes
      # shellcheck disable=SC2086 # numbers
      kill -QUIT $old 2>/dev/null || :
    fi
    tick=$((tick + 1))
    if [ $tick -ge $reload_ticks ]; then
      tail -n 20 "$logs/error.log" 2>/dev/null | grep -F '[emerg]' || :
      echo "nginx: the new workers did not come"
      return 1
    fi
    sleep 0.005
  done
}
# A worker of before may have somebody slow whose request has not come yet: it will pass it on to the Apache of before, which ends next, then to the PHP
# behind that. Who is being answered has both already, so a long download is not waited for to its end.
await_leaving() { # $pid is the master
  tick=0
  while leaving "$pid" && [ $tick -lt $leaving_ticks ]; do
    tick=$((tick + 1))
    sleep 0.01
  done
}
leaving() { # <master>: does a worker of before still serve somebody?
  [ -r "/proc/$1/task/$1/children" ] || { pgrep -P "$1" -f '^nginx: worker process is shutting down' >/dev/null; return; }
  children=
  read -r children <"/proc/$1/task/$1/children" || :
  for child in $children; do
    title_of "$child"
    case $title in 'nginx: worker process is shutting down'*) return 0 ;; esac
  done
  return 1
}
