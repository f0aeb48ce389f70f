# shellcheck shell=sh disable=SC2154
# Sourced by the driver, never run by itself.
# Pools really started by themselves, and which of them are the reason when they do not.

# Told at once of a refused release: apply passes on 200 lines, and a driver has its time (MUTU_DRIVER_SECONDS).
most_culprits=60 most_tries=250 most_seconds=$((${MUTU_DRIVER_SECONDS:-120} / 2))

starts() { # the pools in $work/$version/f, really started (a -t that passes does not prove that it starts); $work/said is why they do not
  tries=$((${tries:-0} + 1))
  rm -f "$work/$version/log"
  lay "$work/$version/f" "$version" rehearsal "$work/$version/s" "$work/$version/log"
  if run_fpm "$work/$version/f.env" --daemonize >"$work/words" 2>&1 </dev/null; then
    pid=$(cat "$work/$version/f/pid")
    tick=0
    # A process that has ended and waits to be reaped has no exe (kill -0 would find it for seconds).
    while [ -e "/proc/$pid/exe" ] && [ $tick -lt $wait_ticks ]; do kill -TERM "$pid" || :; tick=$((tick + 1)); sleep 0.02; done
    return 0
  fi
  cat "$work/words" "$work/$version/log" >"$work/said" 2>/dev/null || :
  return 1
}
named_pool() { # $file: the pool that FPM's words name, or status 1
  file=$(sed -n -e 's|.*\(ERROR\|ALERT\): *\[[^]]*/\([0-9.]*/m[0-9a-z]*/[0-9]*\.conf\):[0-9]*\].*|\2|p' \
    -e 's|.*\(ERROR\|ALERT\): *\[pool \([0-9]*\)-\([0-9.]*\)-\(m[0-9a-z]*\)\].*|\3/\4/\2.conf|p' "$work/said" | head -n 1)
  [ -n "$file" ] && [ -f "$work/$version/f/pools/$file" ]
}
find_culprits() { # FPM names one pool a start. All are sought now: named ones are put aside one by one, then halves (as Apache's driver does)
  pools=$work/$version/f/pools aside=$work/$version/aside found=0 began=$(date +%s)
  cp "$work/said" "$work/first"
  while goes_on && named_pool; do
    found=$((found + 1))
    grep -e ERROR -e ALERT "$work/said" | head -n 3
    rm -f "$pools/$file"
    if starts; then return 0; fi
  done
  goes_on || return 0
  cp -f "$work/said" "$work/first"
  (cd "$pools" && find . -name '*.conf' | sed 's|^\./||' | sort) >"$work/list"
  mkdir "$aside"
  while read -r path; do mkdir -p "$aside/${path%/*}" && mv "$pools/$path" "$aside/$path"; done <"$work/list"
  before=$found
  halve "$work/list"
  # None alone: together they do not start.
  [ $found -gt $before ] || cat "$work/first"
}
goes_on() { # what is not found now is in the next release
  [ $found -lt $most_culprits ] && [ "$tries" -lt $most_tries ] && [ $(($(date +%s) - began)) -lt $most_seconds ]
}
halve() { # <list of pools that do not start together>
  count=$(wc -l <"$1")
  if [ "$count" -le 1 ]; then
    [ "$count" = 1 ] || return 0
    found=$((found + 1))
    echo "php-fpm alone refuses $(cat "$1"):"
    head -n 2 "$work/said"
    return
  fi
  head -n $((count / 2)) "$1" >"$1.a"
  tail -n +$((count / 2 + 1)) "$1" >"$1.b"
  for half in "$1.a" "$1.b"; do
    goes_on || return 0
    while read -r path; do mv "$aside/$path" "$pools/$path"; done <"$half"
    well=yes
    starts || well=no
    while read -r path; do mv "$pools/$path" "$aside/$path"; done <"$half"
    [ $well = yes ] || halve "$half"
  done
}
