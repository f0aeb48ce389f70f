# shellcheck shell=sh disable=SC2034
# settings.sh: what driver, start, backup and restore share. Sourced, never run by itself.
#   machine.conf: MUTU_KNOT_PORT=53 MUTU_KNOT_ADDRESSES="0.0.0.0 ::" MUTU_KNOT_USER=mutu-knot
#   MUTU_KNOT_RATE=200 (answers a second over UDP for the clients of one network; 0: as many as are asked for)
#   MUTU_KNOT_UNLIMITED="127.0.0.0/8 ::1" (who is never limited, besides this machine, the panel that asks it and the secondaries)
#   MUTU_KNOT_PROPAGATION_SECONDS=3600 (until every secondary has a change) MUTU_KNOT_PARENT_SECONDS=3600 (how often the parent is asked for a new DS)
LC_ALL=C
# knotc keeps a history of what passes through it: secrets of keys must not be in one.
HOME=/nonexistent
PATH=${MUTU_PATH:-/usr/sbin:/usr/bin:/sbin:/bin}
export LC_ALL HOME PATH
umask 022
# apply and the units give the machine's own file; who calls by hand need not.
if [ -z "${MUTU_ROOT:-}" ]; then
  while IFS= read -r line; do case $line in MUTU_*=*) export "${line?}" ;; esac done </etc/mutu/machine.conf
fi
: "${MUTU_START:=systemd}" "${MUTU_PRIVILEGED:=yes}"
user=${MUTU_KNOT_USER:-mutu-knot}
if [ "$MUTU_START" = direct ]; then
  run=$MUTU_ROOT/run/knot state=$MUTU_ROOT/run/knot/state
else
  run=/run/mutu-knot state=/var/lib/mutu-knot
fi
socket=$run/knot.sock

me=${me:-$(id -u)}
privileged() { [ "$MUTU_PRIVILEGED" = yes ] && [ "$me" = 0 ]; }
as_knot() { # becomes Knot's own user, with no right of root's: what members wrote is parsed as nobody else
  if privileged; then set -- setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all --no-new-privs -- "$@"; fi
  "$@"
}
knot() { as_knot knotc -s "$socket" "$@"; }
alive() { knot status >/dev/null 2>&1; }

# --- what is live, as lines -----------------------------------------------------------------------------------------------------------
as_rows() { # paths on standard input → "<zone>. <template> <path>"; nothing else passes
  sed -n 's#^\([0-9a-f][0-9a-f]/knot/\(signed\|plain\)/\([a-z0-9-]\{1,63\}\(\.[a-z0-9-]\{1,63\}\)*\)\.zone\)$#\3. \2 \1#p'
}
shared() { # <release>: the list of what zones share, or nothing
  set -- "$1"/*/knot/base/shared.list
  if [ -e "$1" ]; then echo "$1"; else echo /dev/null; fi
}
rows() { # <release>: every zone that it serves, and the catalog
  [ -d "$1" ] || return 0
  (cd "$1" && set -- ??/knot/signed/*.zone ??/knot/plain/*.zone && printf '%s\n' "$@") | as_rows
  catalog_of "$1" | sed 's/$/ catalog -/'
}
catalog_of() { sed -n 's/^catalog \([a-z0-9.-]*\)$/\1/p' "$(shared "$1")"; } # <release>
# The catalog's member of each zone (RFC 9432 §4.1): a label of its own that is always the same.
members() { # rows on standard input → "<label>.zones <zone>"
  awk '
    BEGIN { for (i = 33; i < 127; i++) order[sprintf("%c", i)] = i }
    function part(zone, by, most, h, i) { h = 7; for (i = 1; i <= length(zone); i++) h = (h * by + order[substr(zone, i, 1)]) % most; return h }
    $2 != "catalog" { printf "%06x%06x%06x.zones %s\n", part($1, 131, 16777213), part($1, 257, 16777199), part($1, 521, 16777183), $1 }'
}
own_addresses() { # of this machine; within its walls a unit may not ask the kernel by netlink
  awk '$2 == "host" && $3 == "LOCAL" && $1 == "/32" { if (!said[last]++) print last } { last = $2 }' /proc/self/net/fib_trie 2>/dev/null
  awk '$1 !~ /^fe80/ { text = ""; for (i = 1; i < 32; i += 4) text = text (i > 1 ? ":" : "") substr($1, i, 4); print text }' /proc/self/net/if_inet6 2>/dev/null
}
unlimited() { # one line
  if [ -n "${MUTU_KNOT_UNLIMITED:-}" ]; then set -- "$MUTU_KNOT_UNLIMITED"; else set -- "127.0.0.0/8 ::1" "$(own_addresses)"; fi
  echo "$* ${MUTU_PROBE_ADDRESS:-}" | tr '\n' ' '
}
# Keys, secondaries and templates: "<section> <id> <item> <value>…", each after what it refers to.
items() { # <list>
  awk -v root="$MUTU_ROOT" -v propagation="${MUTU_KNOT_PROPAGATION_SECONDS:-3600}" -v ask="${MUTU_KNOT_PARENT_SECONDS:-3600}" \
    -v rate="${MUTU_KNOT_RATE:-200}" -v free="$(unlimited)" '
    $1 == "key" { print "key", $2, "algorithm", $3; print "key", $2, "secret", $4; keys = keys " " $2 }
    $1 == "secondary" { remote[++n] = $2; address[n] = $3 "@" $4; key[n] = $5; all = all " " $2 }
    $1 == "ksk-days" { days = $2 }
    $1 == "parent" { parent[++p] = $2 "@53"; parents = parents " parent-" p }
    function template(id) {
      print "template", id, "storage", root "/live/release"
      # Knot owns the serial: what it serves is kept in its journal, a file only says how the zone should differ from it.
      print "template", id, "journal-content", "all"
      print "template", id, "zonefile-load", (id == "catalog" ? "none" : "difference-no-serial")
      print "template", id, "zonefile-sync", "-1"
      # By the clock: it grows even where the journal was lost.
      print "template", id, "serial-policy", "unixtime"
      if (n > 0) { print "template", id, "notify", "secondaries"; print "template", id, "acl", "transfer" }
    }
    END {
      for (i = 1; i <= n; i++) { print "remote", remote[i], "address", address[i]; print "remote", remote[i], "key", key[i] }
      for (i = 1; i <= p; i++) print "remote", "parent-" i, "address", parent[i]
      if (n > 0) { print "remotes", "secondaries", "remote" all; print "acl", "transfer", "key" keys; print "acl", "transfer", "action", "transfer", "query" } # query: of the serial, with the key
      if (p > 0) { print "submission", "parent", "parent" parents; print "submission", "parent", "check-interval", ask }
      print "policy", "mutu", "algorithm", "ecdsap256sha256"
      print "policy", "mutu", "zsk-lifetime", "90d"
      print "policy", "mutu", "ksk-lifetime", (p > 0 ? days "d" : "0")
      if (p > 0) print "policy", "mutu", "ksk-submission", "parent"
      print "policy", "mutu", "cds-cdnskey-publish", "always"
      print "policy", "mutu", "propagation-delay", propagation
      # A forged question makes us shoot at whom its sender names: no network gets more answers than its resolvers ask for, every second one over
      # that is cut short, and who is real then asks over TCP.
      if (rate > 0) {
        print "mod-rrl", "answers", "rate-limit", rate
        print "mod-rrl", "answers", "slip", 2
        line = "mod-rrl answers whitelist " free
        for (i = 1; i <= n; i++) { split(address[i], part, "@"); line = line " " part[1] }
        print line
        print "template", "default", "global-module", "mod-rrl/answers"
      }
      template("catalog"); template("plain"); template("signed")
      print "template", "signed", "dnssec-signing", "on"
      print "template", "signed", "dnssec-policy", "mutu"
    }' "$1"
}

# --- the configuration as a file -------------------------------------------------------------------------------------------------------
listen() {
  list=
  for address in ${MUTU_KNOT_ADDRESSES:-0.0.0.0 ::}; do
    case $address in *:*) [ -e /proc/self/net/if_inet6 ] || continue ;; esac
    list="$list${list:+, }$address@${MUTU_KNOT_PORT:-53}"
  done
  echo "$list"
}
configuration() { # <release>: all that knotd reads
  case $MUTU_START in direct) log=$run/knot.log ;; *) log=stderr ;; esac
  sed -e "s|@RUN@|$run|g" -e "s|@STATE@|$state|g" -e "s|@LOG@|$log|g" -e "s|@LISTEN@|$(listen)|" "$here/knot.conf"
  items "$(shared "$1")" | awk '
    $1 != section { section = $1; id = ""; print section ":" }
    $2 != id { id = $2; print "  - id: " id }
    { values = "\"" $4 "\""; for (i = 5; i <= NF; i++) values = values ", \"" $i "\""; print "    " $3 ": [ " values " ]" }'
  echo zone:
  rows "$1" | awk '{ print "  - domain: " $1 "\n    template: " $2; if ($3 != "-") print "    file: " $3 }'
}
