# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# What is where below MUTU_ROOT: the live and previous activation, the journal, the fence, and what differs between two releases.

read_live() { # live_n, live_root: what serves, or none
  live_n=none live_root=none
  [ ! -L live ] || { read -r live_n <live/number && read -r live_root <live/root; } || broken "live leads nowhere"
}
read_previous() { # what rollback returns to, or none
  previous_n=none previous_root=none
  [ ! -e previous ] || { read -r previous_n <previous/number && read -r previous_root <previous/root; } || broken "previous"
  # killed between the two links of a switch that did not happen
  [ "$previous_n" != "$live_n" ] || previous_n=none previous_root=none
}
read_step() { # the last whole line of the journal; a torn one does not end in a dot
  step=idle
  [ ! -e journal ] || while read -r line; do case $line in *' .') step=${line% .} ;; esac done <journal
}
read_fence() { # the greatest of its lines: one is added, on the disk with the next sync, so that none before is ever lost
  stored=0
  [ ! -e fence ] || while read -r line; do case $line in '' | *[!0-9]*) ;; *) [ "$line" -le "$stored" ] || stored=$line ;; esac done <fence
}
is_hash() { case $1 in *[!0-9a-f]*) return 1 ;; *) [ ${#1} -eq 64 ] ;; esac }

# Each step is written and on the disk before it is done. The file starts anew when there is nothing to recover.
journal() { printf '%s .\n' "$*" >>journal && sync -d journal || broken "journal"; }
idle() { printf 'idle .\n' >journal; }
point() { ln -sfnT -- "$2" "$1"; } # <link> <target>: one rename, of a link with another name (coreutils since 8.30)
join() { # <process started beside>: its status; a signal that a handler took does not end the wait
  code=0
  wait "$1" || code=$?
  while [ $code -gt 128 ] && kill -0 "$1" 2>/dev/null; do
    code=0
    wait "$1" || code=$?
  done
  return $code
}

whole_release() { # <directory> [<xx> <hash>...]: its 256 links lead where its index says
  # shellcheck disable=SC2046
  [ $# -gt 1 ] || set -- "$1" $(cat "$1/index")
  [ $# -eq 513 ] || return 1
  release=$1
  shift
  while [ $# -ge 2 ]; do
    [ "$release/$1" -ef "shards/$2" ] || return 1
    shift 2
  done
}

mend_index() { # <root>: what its 256 links say, where that is the index whose sum is its name; changes nothing otherwise
  [ "$(sha256sum <"releases/$1/index")" != "$1  -" ] || return 0
  for xx in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    for yy in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
      hash=$(readlink "releases/$1/$xx$yy") && echo "$xx$yy ${hash##*/}"
    done
  done >incoming/index
  [ "$(sha256sum <incoming/index)" = "$1  -" ] || return 0
  mv -f incoming/index "releases/$1/index" && echo "mended index" || broken "index"
}

spoilt_among() { # <hash>...: prints those whose files are no longer what the name says
  for hash; do
    : >"incoming/check/s.$hash" || return 1
    set -- "$@" "shards/$hash"
    shift
  done
  { find "$@" ! -type d ! -type f; find "$@" -type f -exec sha256sum {} +; } 2>/dev/null | sort -k 2 | awk '
    { path = (substr($0, 1, 7) == "shards/") ? $0 : substr($0, 67); file = "incoming/check/s." substr(path, 8, 64) }
    file != last { close(last); last = file }
    length(file) == 81 { print (path == $0) ? "strange" : substr($0, 1, 66) substr(path, 73) >> file }'
  for shard; do set -- "$@" "incoming/check/s.${shard#shards/}" && shift; done
  sha256sum -- "$@" | awk '{ if ($1 != substr($2, 18)) print substr($2, 18) }'
}

changes() { # <old root|none> <new root|none> <file>: writes A|M|D lines, prints the daemons they belong to
  old_index=/dev/null new_index=/dev/null
  [ "$1" = none ] || old_index=releases/$1/index
  [ "$2" = none ] || new_index=releases/$2/index
  : >"$3"
  awk -v out="$3" -v empty="$EMPTY" '
    function load(hash, sums,   file, line, got) {
      split("", sums)
      file = "lists/" hash
      while ((got = (getline line < file)) > 0) sums[substr(line, 67)] = substr(line, 1, 64)
      if (got < 0) { bad = 1; exit 1 }
      close(file)
    }
    function say(letter, path,   part) { print letter " " xx "/" path > out; split(path, part, "/"); daemon[part[1]] = 1 }
    { hash[side, $1] = $2 }
    END {
      if (bad) exit 1
      for (i = 0; i < 256; i++) {
        xx = sprintf("%02x", i)
        a = (("0", xx) in hash) ? hash["0", xx] : empty
        b = (("1", xx) in hash) ? hash["1", xx] : empty
        if (a == b) continue
        load(a, old); load(b, new)
        for (path in new) if (!(path in old)) say("A", path); else if (old[path] != new[path]) say("M", path)
        for (path in old) if (!(path in new)) say("D", path)
      }
      for (d in daemon) print d
    }' side=0 "$old_index" side=1 "$new_index"
}

