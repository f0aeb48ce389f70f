# shellcheck shell=sh disable=SC2154
# Sourced by the driver, never run by itself.
# Changed files really started by themselves, and which of them are the reason when they do not.

# Told at once of a refused release: apply passes on 200 lines, and a driver has its time (MUTU_DRIVER_SECONDS).
most_culprits=60 most_tries=250 most_seconds=$((${MUTU_DRIVER_SECONDS:-120} / 2))

starts() { # what lies in the stage, really started; $stage/said is why it does not
  tries=$((${tries:-0} + 1))
  includes rehearsal "$stage/release"
  environment rehearsal "$stage/release" "${MUTU_LIVE:-$stage}" | sed "s:^MUTU_APACHE_RUN=.*:MUTU_APACHE_RUN=$stage/run:" >"$stage/env"
  rm -f "$stage/run/error.log"
  (apache "$stage/env" -D FOREGROUND -D MutuRehearsal) </dev/null >"$stage/words" 2>&1 &
  pid=$! answer=0
  proves rehearsal "$pid" || answer=$?
  kill -TERM "$pid" 2>/dev/null || :
  wait "$pid" 2>/dev/null || :
  [ $answer -ne 0 ] || return 0
  cat "$stage/words" "$stage/run/error.log" >"$stage/said" 2>/dev/null || :
  [ $answer -ne 2 ] || echo "apache rehearsal does not answer" >>"$stage/said"
  return 1
}
named_file() { # $file: the staged file that Apache's words name, or nothing
  file=$(sed -n -e 's/.*Syntax error on line [0-9]* of \([^ ]*\.conf\):.*/\1/p' -e 's/.*AH02297: .* defined at \([^ ]*\.conf\):[0-9]*$/\1/p' "$stage/said" | head -n 1)
  case $file in "$stage/release/"*) [ -f "$file" ] ;; *) return 1 ;; esac
}
find_culprits() { # <changed paths>: Apache names one fault a start. All are sought now, so that no release is tried for each: named ones are put aside one by one, then halves
  found=0 first=$stage/first began=$(date +%s)
  cp "$stage/said" "$first"
  while goes_on && named_file; do
    found=$((found + 1))
    # warnings may stand before it
    grep -m 1 -A 2 -E 'Syntax error on line|AH02297' "$stage/said"
    rm -f "$file"
    # no start is needed for what the syntax tells
    if (apache "$stage/env" -t) >"$stage/said" 2>&1; then starts && return 0; fi
  done
  goes_on || return 0
  cp -f "$stage/said" "$first"
  mkdir "$stage/aside"
  for path in $1; do [ ! -e "$stage/release/$path" ] || echo "$path"; done >"$stage/list"
  while read -r path; do mkdir -p "$stage/aside/${path%/*}" && mv "$stage/release/$path" "$stage/aside/$path"; done <"$stage/list"
  before=$found
  halve "$stage/list"
  # Nothing alone: together they do not start, or the base does not.
  [ $found -gt $before ] || cat "$first"
}
goes_on() { # what is not found now is in the next release
  [ $found -lt $most_culprits ] && [ "$tries" -lt $most_tries ] && [ $(($(date +%s) - began)) -lt $most_seconds ]
}
halve() { # <list of paths that do not start together>
  count=$(wc -l <"$1")
  if [ "$count" -le 1 ]; then
    [ "$count" = 1 ] || return 0
    found=$((found + 1))
    echo "apache alone refuses $stage/release/$(cat "$1"):"
    head -n 2 "$stage/said"
    return
  fi
  head -n $((count / 2)) "$1" >"$1.a"
  tail -n +$((count / 2 + 1)) "$1" >"$1.b"
  for half in "$1.a" "$1.b"; do
    goes_on || return 0
    while read -r path; do mv "$stage/aside/$path" "$stage/release/$path"; done <"$half"
    well=yes
    starts || well=no
    while read -r path; do mv "$stage/release/$path" "$stage/aside/$path"; done <"$half"
    [ $well = yes ] || halve "$half"
  done
}
