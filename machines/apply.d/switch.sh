# shellcheck shell=sh disable=SC2015,SC2034,SC2154,SC3013
# Sourced by apply, never run by itself.
# From one activation to the next and back: the one rename, and the recovery of whatever a crash left in the middle.

abort() { # <activation> <what serves|none>: ends what prepare started, last first
  [ -d "activations/$1" ] || return 0
  MUTU_CHANGED=$MUTU_ROOT/activations/$1/changed
  aim "$1" "$2"
  # shellcheck disable=SC2046 # names of daemons
  each abort $(last_first) || :
  : >"activations/$1/failed"
}
conclude() { # <activation> <the one left|none> <what changed> [<daemon>...]: points the daemons at what is live
  MUTU_CHANGED=$MUTU_ROOT/$3
  aim "$1" "$2"
  shift 3
  each commit "$@"
}
go_back() { # <activation to leave> <activation to return to|none>: 0 when every daemon agreed
  journal "back $1 $2"
  if [ "$2" = none ]; then rm -f live; else point live "activations/$2" || broken "switch"; fi
  rm -f previous "activations/$2/cold"
  sync . || broken "sync"
  agreed=0
  # a machine that is booting has nothing running yet: `boot` starts what is live
  if [ "$2" != none ] && [ "$verb" != boot ]; then
    read -r from <"activations/$1/root" && read -r to <"activations/$2/root" && touched=$(changes "$from" "$to" incoming/changed) || broken "what changed"
    conclude "$2" "$1" incoming/changed || agreed=1
  fi
  abort "$1" "$2"
  idle
  return $agreed
}
exchange() { # <root>: a new activation of it takes over from the live one
  read_live
  new_n=0
  set +f
  for directory in activations/*; do
    number=${directory##*/}
    case $number in *[!0-9]*) ;; *) [ "$number" -le "$new_n" ] || new_n=$number ;; esac
  done
  set -f
  new_n=$((new_n + 1)) next=activations/$new_n
  # what it says must outlive apply, not the machine: nothing that prepare starts outlives that
  printf 'prepare %s %s .\n' $new_n "$live_n" >>journal || broken "journal"
  # made aside, so that it appears whole; publish has compared already
  if [ "$compared" = "$live_root $1" ]; then touched=$changed; else touched=$(changes "$live_root" "$1" incoming/next/changed) || broken "what changed"; fi
  { ln -s "../../releases/$1" incoming/next/release && echo "$1" >incoming/next/root && echo $new_n >incoming/next/number && mv -T incoming/next "$next"; } ||
    broken "activation"
  MUTU_CHANGED=$MUTU_ROOT/$next/changed
  aim $new_n "$live_n"
  to_commit=''
  for daemon in $MUTU_DAEMONS; do
    printf 'prepare %s %s %s .\n' $new_n "$live_n" "$daemon" >>journal
    if drive "$daemon" prepare; then
      [ -e "$next/$daemon.no-commit" ] || to_commit="$to_commit$daemon "
      continue
    fi
    failed "$daemon" prepare
    abort $new_n "$live_n"
    [ "$verb" != publish ] || start_refused "$1"
    idle
    die 14 "$report"
  done
  # nothing is there to be replaced at once: the way back of before has been settled
  [ "$live_n" = none ] || ln -sfn "activations/$live_n" previous || broken "previous"
  # proven: by its rehearsals, or by the start of the whole
  [ ! -e "releases/$1/unproven" ] || rm -f "releases/$1/unproven" || broken "release"
  # one sync: the journal line, what the drivers wrote and the links are on the disk before the switch
  printf 'switch %s %s .\n' $new_n "$live_n" >>journal
  set +f
  # $next/release is the release's own directory, from which a name may have gone
  sync journal fence . releases activations "$next" "$next"/* || broken "sync"
  set -f
  point live "$next" || broken "switch"
  # the switch comes to the disk beside the commit: before apply answers, and what a power cut takes is both
  sync . 9>&- >/dev/null 2>&1 &
  writing=$! agreed=yes
  # shellcheck disable=SC2086 # names of daemons
  [ -z "$to_commit" ] || conclude $new_n "$live_n" "$next/changed" $to_commit || agreed=no
  join $writing || broken "sync"
  if [ $agreed = no ]; then
    go_back $new_n "$live_n" || :
    die 17 "live $live_root" "$report"
  fi
  idle
}
retire() { # ends what the release before kept running and forgets the way back; 1 when a driver could not
  read_previous
  [ "$previous_n" != none ] || { [ ! -L previous ] || rm -f previous && return 0; }
  journal "settle $live_n $previous_n"
  MUTU_CHANGED=$MUTU_ROOT/activations/$live_n/changed
  aim "$live_n" "$live_n"
  MUTU_PREVIOUS=$MUTU_ROOT/activations/$previous_n
  # from the front to the back: who passes requests on is gone, or waited for, before those who answer them
  # shellcheck disable=SC2046 # names of daemons
  each settle $(last_first) || return 1
  rm -f previous
  idle
}
give_back() { # a shard, or the live release's links, just being replaced when apply was killed
  [ "$live_root" = none ] || [ -d "releases/$live_root" ] || [ ! -d incoming/trash/links ] || mv -T incoming/trash/links "releases/$live_root" || broken "links"
  set +f
  for shard in incoming/spoilt/*; do
    [ ! -e "$shard" ] || [ -e "shards/${shard##*/}" ] || mv -T "$shard" "shards/${shard##*/}" || broken "spoilt shard"
  done
  set -f
}
work_folders() { # this verb's own: whatever one before left is nobody's, but what `ready` made for it
  linked=none
  if { read -r unused linked <incoming/ready && [ "$unused" = ready ] && echo used >incoming/ready; } 2>/dev/null; then return 0; fi
  linked=none
  [ ! -e incoming ] || rm -rf incoming
  mkdir incoming incoming/spoilt incoming/files incoming/check incoming/lists incoming/release incoming/rehearsal incoming/next incoming/trash || broken "incoming"
}
ready() { # after the last step, when nobody waits: the folders of the next change, and the links of the release on which it builds
  rm -rf incoming
  work_folders
  [ "$live_root" != none ] || return 0
  set +f
  cp -Pl "releases/$live_root"/?? incoming/release/ && echo "ready $live_root" >incoming/ready || rm -rf incoming
  set -f
}
recover() { # finishes or undoes what was interrupted; the journal says which
  read_step
  read_live
  give_back
  work_folders
  # shellcheck disable=SC2086 # words of our own journal
  set -- $step
  case $1 in
  prepare) abort "$2" "$live_n" ;;
  switch)
    if [ "$live_n" != "$2" ]; then
      [ "$live_n" = none ] || [ ! previous -ef live ] || rm -f previous
      abort "$2" "$live_n"
    elif [ "$verb" != boot ] && ! conclude "$2" "$3" "activations/$2/changed"; then
      go_back "$2" "$3" || :
    fi
    ;;
  back) go_back "$2" "$3" || : ;;
  esac
  [ "$step" = idle ] || idle
}

trustworthy() { # <root>: ends with 15 when its links, or a shard that the live release has not, are no longer what they were
  whole_release "releases/$1" && [ "$(sha256sum <"releases/$1/index")" = "$1  -" ] || die 15 "drift release"
  # shellcheck disable=SC2046 # hashes
  set -- "$1" $(
    index=/dev/null
    [ "$live_root" = none ] || index=releases/$live_root/index
    awk 'side == "live" { live[$2] = 1; next } !($2 in live) { print $2 }' side=live $index side=target "releases/$1/index" | sort -u
  )
  [ $# -gt 1 ] || return 0
  target=$1
  shift
  answer=$(spoilt_among "$@") || broken "sums"
  [ -z "$answer" ] || die 15 "$(printf '%s\n' "$answer" | awk 'FNR == NR { bad[$1] = 1; next } $2 in bad { print "drift " $1 }' - "releases/$target/index")"
}

activate() { # <base> <root>
  read_live
  if [ "$live_root" != "$2" ]; then
    [ "$live_root" = "$1" ] || die 12 "live $live_root"
    [ -d "releases/$2" ] && { [ "$verb" = publish ] || [ ! -e "releases/$2/unproven" ]; } || refuse "no release $2 is staged"
    # publish has just looked
    [ "${looked_at-}" = "$2" ] || trustworthy "$2"
    # a live release that nobody settled is accepted by building on it
    retire || rm -f previous
    exchange "$2"
    read_live
  elif [ -s incoming/mended ]; then
    # the same release, whose files are again what they were: the programs read them
    changed=$(cut -d / -f 2 incoming/mended | sort -u)
    mv -f incoming/mended incoming/next/changed || broken "what changed"
    compared="$live_root $2"
    retire || rm -f previous
    exchange "$2"
    read_live
  fi
  read_previous
  printf '%s\n' "root $live_root" "activation $live_n" "previous $previous_root"
}
rollback() { # <root to leave>
  read_live
  if [ "$live_root" = "$1" ]; then
    read_previous
    [ "$previous_n" != none ] || refuse "there is no release to return to"
    trustworthy "$previous_root"
    if [ -e previous/cold ]; then # it ended with a reboot: it has to be prepared again
      to=$previous_root
      rm -f previous
      exchange "$to"
      read_live
      retire || :
    else
      go_back "$live_n" "$previous_n" || die 20 "live $previous_root" "$report"
    fi
    read_live
  fi
  printf '%s\n' "root $live_root" "activation $live_n"
}
settle() { # <root>
  read_live
  [ "$live_root" = "$1" ] || die 12 "live $live_root"
  retire || die 20 "root $live_root" "$report"
  prune
  printf '%s\n' "root $live_root" "activation $live_n"
}
boot() { # what is live starts; what was kept beside it does not
  read_live
  read_previous
  [ "$previous_n" = none ] || : >previous/cold
  [ "$live_n" != none ] || die 0 "root none"
  MUTU_CHANGED=$MUTU_ROOT/activations/$live_n/changed
  aim "$live_n" "$live_n"
  each boot || die 20 "root $live_root" "$report"
  printf '%s\n' "root $live_root" "activation $live_n"
}
halt() { # everything that drivers run ends, last first; what is live stays what boot will start
  read_live
  read_previous
  [ "$previous_n" = none ] || : >previous/cold
  MUTU_CHANGED=/dev/null
  aim "$live_n" "$live_n"
  # shellcheck disable=SC2046 # names of daemons
  each halt $(last_first) || die 20 "root $live_root" "$report"
  printf '%s\n' "root $live_root" "activation $live_n"
}
renew() { # <daemon>...: the live release once more, these daemons started beside what runs: their programs were replaced. Nothing else moves
  read_live
  read_previous
  [ "$live_n" != none ] || die 0 "root none"
  # a release that nobody has settled may be left again for the one before, which has to go on running until then
  [ "$previous_n" = none ] || die 10 busy
  for daemon; do case " $MUTU_DAEMONS " in *" $daemon "*) ;; *) refuse "daemon $daemon" ;; esac; done
  changed=$(printf '%s\n' "$@")
  compared="$live_root $live_root"
  awk -v daemons=" $* " -v empty="$EMPTY" '$2 != empty {
    file = "lists/" $2
    while ((got = (getline line < file)) > 0) { path = substr(line, 67); if (index(daemons, " " substr(path, 1, index(path, "/") - 1) " ")) print "M " $1 "/" path }
    if (got < 0) exit 1
    close(file)
  }' "releases/$live_root/index" >incoming/next/changed || broken "what changed"
  exchange "$live_root"
  read_live
  retire || die 20 "root $live_root" "$report"
  prune
  printf '%s\n' "root $live_root" "activation $live_n"
}
