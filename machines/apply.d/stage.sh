# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# A release is built beside the live one from one tar: verified before anything is unpacked, hashed before it gets its name. A member waits for this,
# so that few programs are started; a release of many files takes the same way with other tools.

FEW=200 # files that are counted, or written through, one by one: nobody else's writing is waited for

take() { # the tar, never more of it than MUTU_MAX_BYTES, its listing and its manifest; nobody else reads what is on its way
  umask 077
  head -c "$MUTU_MAX_BYTES" >incoming/tar || broken "no room for the tar"
  IFS= read -r first <incoming/tar || :
  # a compressed stream, which tar would unpack without being asked, does not start with a name
  case $first in manifest*) ;; *) refuse "not a tar that starts with the manifest" ;; esac
  # a small one is read once, its files behind the manifest; nothing is unpacked yet
  (trap '' XFSZ && ulimit -f 512 && exec tar --numeric-owner -xOvvf incoming/tar >incoming/sent 2>incoming/list) 2>/dev/null ||
    { tar --numeric-owner -tvf incoming/tar >incoming/list 2>incoming/words && tar -xOf incoming/tar manifest >incoming/sent 2>incoming/words; } ||
    refuse "the tar cannot be read, or is larger than $MUTU_MAX_BYTES bytes"
  umask 022
}

build() { # <base> <root> <words of the plan>...
  base=$1 root=$2 puts=$3 changed='' touched='' before=0 after=0 files='' folders=''
  shift 3
  while [ "$1" != / ]; do
    changed="$changed$1
"
    shift
  done
  shift
  while [ "$1" != / ]; do
    touched="$touched $1 $2 $3 $4 $5" before=$((before + $4)) after=$((after + $5))
    [ -d "shards/$2" ] && [ ! -L "shards/$2" ] || die 15 "drift $1"
    if [ "$2" = "$EMPTY" ]; then mkdir "incoming/files/$1"; else link_shard "$2" "$3" "incoming/files/$1"; fi || broken "copy of shard $2"
    shift 5
  done
  shift
  few=no named=no
  [ $((before + after)) -gt $FEW ] || few=yes
  [ "$puts" -gt $FEW ] || named=yes
  # what nobody knows of is told: it must neither be kept silently nor be overwritten
  as_many before || die 15 "$odd"
  if [ -e incoming/delete ]; then
    (cd incoming && xargs rm -f <delete) || broken "delete"
    find incoming/files -mindepth 2 -depth -type d -exec rmdir {} + 2>/dev/null || :
  fi
  [ "$puts" = 0 ] || tar --no-same-owner --no-same-permissions -xmf incoming/tar -C incoming files 2>incoming/words || broken "the tar cannot be unpacked"
  sha256sum --status -c incoming/expected || tell_wrong
  as_many after || broken "files"
  [ $named = no ] || name_new
  keep "$@"
}
name_new() { # $files and $folders: what is on no disk yet. All else is the file of the shard before
  while read -r word path _; do [ "$word" != put ] || files="$files incoming/files/$path"; done <incoming/manifest
  [ $few = yes ] || folders=$(find incoming/files -mindepth 1 -type d)
}

as_many() { # before|after: no other files lie in the copies than there should; $odd says where, $folders which folders there are
  odd='' folders='' which=$1
  wanted=$after
  [ "$which" = after ] || wanted=$before
  [ $few = yes ] || [ "$(count_files incoming/files)" -ne "$wanted" ] || return 0
  # shellcheck disable=SC2086 # words xx old new before after
  set -- $touched
  while [ $# -ge 5 ]; do
    count=0
    if [ $few = yes ]; then walk "incoming/files/$1"; else count=$(count_files "incoming/files/$1"); fi
    wanted=$5
    [ "$which" = after ] || wanted=$4
    [ "$count" -eq "$wanted" ] || odd="${odd:+$odd
}drift $1"
    shift 5
  done
  [ -z "$odd" ]
}
count_files() { find "$1" -type d ! -name '*[!A-Za-z0-9._-]*' -o -type f -printf x -o -printf xx | wc -c; } # <folder>; a link, or a name that is none of ours, makes the count another
walk() { # <folder>
  folders="$folders $1"
  set +f
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    case $entry in *[!A-Za-z0-9._/*?![]-]*) count=$((count + 2)) && continue ;; esac
    if [ -L "$entry" ]; then count=$((count + 2))
    elif [ -d "$entry" ]; then walk "$entry"
    elif [ -e "$entry" ]; then count=$((count + 1))
    fi
  done
  set -f
}

# Something is not what it was said to be: "drift …" when the base is not what its name says, "refused …" otherwise.
tell_wrong() {
  answer=$(sha256sum -c incoming/expected 2>/dev/null | awk -v root="$root" '
    FNR == NR { if ($1 == "shard") { at[$3] = $2; to[$4] = $2 } else if ($1 == "put") put[$2] = 1; next }
    !/: FAILED/ { next }
    {
      file = $0; sub(/: FAILED.*/, "", file); split(file, part, "/")
      if (part[1] == "releases") drift["index"] = 1
      else if (part[1] == "lists" || part[1] == "shards") drift[at[part[2]]] = 1
      else if (part[2] == "lists") wrong = "refused shard " to[part[3]] " would be another"
      else if (part[2] == "release") wrong = "refused root would be another"
      else if (substr(file, 16) in put) wrong = "refused file " substr(file, 16) " is another"
      else drift[part[3]] = 1
    }
    END {
      for (name in drift) { print "drift " name; wrong = "" }
      if (wrong != "") print wrong
    }' incoming/manifest -)
  case $answer in
  drift*) die 15 "$answer" ;;
  refused*) die 13 "$answer" ;;
  *) broken "sums" ;;
  esac
}

wall_folders() { # what a daemon has in a shard is read by its own group and nobody else's: one must not read another's keys
  [ "$MUTU_PRIVILEGED" = yes ] && [ -n "${MUTU_GROUPS:-}" ] || return 0
  for daemon in $MUTU_DAEMONS; do
    group=root
    for pair in $MUTU_GROUPS; do [ "${pair%%:*}" != "$daemon" ] || group=${pair#*:}; done
    set +f
    set -- incoming/files/*/"$daemon"
    set -f
    [ ! -d "$1" ] || install -d -g "$group" -m 750 -- "$@" || return 1
  done
}

keep() { # <xx> <hash>...: what was verified gets its name: lists, then shards, then the release, each by one rename and never the other way round
  wall_folders || broken "groups"
  set +f
  lists=$(echo incoming/lists/*)
  # shellcheck disable=SC2086 # our own paths
  if [ $named = yes ]; then chmod a-w -- $files $lists 2>/dev/null || [ -z "$files" ]; else find incoming/files incoming/lists -type f -exec chmod a-w {} +; fi || broken "read-only"
  [ "$lists" = 'incoming/lists/*' ] || mv -f incoming/lists/* lists/ || broken "lists"
  # hard links of symbolic links: no new inode, and nobody can write into a symbolic link
  if [ "$base" = none ]; then link_all "$@"; else [ "$linked" = "$base" ] || cp -Pl "releases/$base"/?? incoming/release/; fi || broken "release"
  set -f
  # shellcheck disable=SC2086 # words xx old new before after
  name_shards $touched
  { echo "$base" >incoming/release/base && : >incoming/release/unproven; } || broken "release"
  # links of the base that lead elsewhere are made anew, of the index whose sum was right
  whole_release incoming/release "$@" || {
    set +f
    rm -f incoming/release/[0-9a-f][0-9a-f]
    set -f
    link_all "$@" && whole_release incoming/release "$@" || die 15 "drift release"
  }
  looked_at=$root
  # one whose links are not whole was cut off by a power cut, or turned by hand. It may be the one that serves: a crash between the two gives it back (give_back)
  [ ! -d "releases/$root" ] || whole_release "releases/$root" "$@" || { sync -f . && mv -T "releases/$root" incoming/trash/links; } || broken "release"
  [ -d "releases/$root" ] || mv -T incoming/release "releases/$root" || broken "release"
  [ ! -s incoming/suspects ] || cat incoming/suspects >>suspects || broken "suspects"
}
name_shards() { # <xx> <old> <new> <files before> <files after>...
  listed='' made=''
  while [ $# -ge 5 ]; do
    listed="$listed lists/$3"
    for path in $files $folders; do
      case $path in "incoming/files/$1" | "incoming/files/$1/"*) made="$made shards/$3${path#"incoming/files/$1"}" ;; esac
    done
    # one that is here already and is not what its name says gives way to the one that was built
    if [ -d "shards/$3" ] && ! { [ "$3" = "$EMPTY" ] && bare "shards/$3"; } && [ -n "$(spoilt_among "$3")" ]; then
      [ "$base" != "$root" ] || mended "$1" "$3"
      # what serves may be this very one: no power cut may find it half written. A crash between the two renames gives it back (give_back)
      sync -f . && mv -T "shards/$3" "incoming/spoilt/$3" || broken "spoilt shard"
      echo "mended $1"
    fi
    [ -d "shards/$3" ] || mv -T "incoming/files/$1" "shards/$3" || broken "shard"
    [ "$base" = none ] || ln -sfn "../../shards/$3" "incoming/release/$1" || broken "release"
    shift 5
  done
}
bare() { # <folder>
  set +f
  set -- "$1"/* "$1"/.[!.]*
  set -f
  [ ! -e "$1" ] && [ ! -L "$1" ] && [ ! -e "$2" ] && [ ! -L "$2" ]
}
mended() { # <xx> <hash>: adds to what changed where the same release is mended in its place
  awk -v xx="$1" '
    { path = substr($0, 67) }
    side == "was" { was[path] = substr($0, 1, 64); next }
    { now[path] = 1; if (!(path in was)) print "A " xx "/" path; else if (was[path] != substr($0, 1, 64)) print "M " xx "/" path }
    END { for (path in was) if (path ~ /^[a-z][a-z0-9-]*\/[A-Za-z0-9._\/-]+$/ && !(path in now)) print "D " xx "/" path }' side=was "incoming/check/s.$2" side=now "lists/$2" >>incoming/mended || broken "what changed"
}
link_all() { # <xx> <hash>...
  while [ $# -ge 2 ]; do
    ln -s "../../shards/$2" "incoming/release/$1" || return 1
    shift 2
  done
}
on_disk() { # all that was given its name; nothing refers to it yet but an unproven release
  : >>linked
  # shellcheck disable=SC2086 # our own paths
  if [ $named = yes ]; then sync shards lists releases linked "releases/$root" "releases/$root/index" "releases/$root/base" $made $listed; else sync -f .; fi
}

stage() { # <base> <root>
  read_live
  [ "$live_root" = "$1" ] || die 12 "live $live_root"
  printf 'stage %s .\n' "$2" >>journal
  take
  [ "$1" != "$2" ] || mend_index "$1"
  [ "$1" = none ] && index=/dev/null || index=releases/$1/index
  plan=$(read_announcement "$1" "$2" "$index") || refuse_plan "$plan" "$1"
  # shellcheck disable=SC2086 # words, checked above
  build "$1" "$2" $plan
  # beside the rehearsal, which starts nothing that a power cut would leave; on the disk before it can be activated
  { rm -f incoming/tar incoming/sent && on_disk; } 9>&- >/dev/null 2>&1 &
  writing=$!
  rehearse "$1" "$2"
  join $writing || broken "sync"
  [ "$verb" = stage ] || return 0
  rm -f "releases/$2/unproven"
  rm -rf incoming
  idle
  printf 'staged %s\n' "$2"
}
