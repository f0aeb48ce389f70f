# shellcheck shell=sh disable=SC2034
# settings.sh: what driver, start, backup and restore share. Sourced, never run by itself.
#   machine.conf: MUTU_BIND_PORT=53 MUTU_BIND_ADDRESSES="0.0.0.0 ::" MUTU_BIND_CONTROL=953 MUTU_BIND_USER=mutu-bind
#   MUTU_BIND_PROPAGATION_SECONDS=3600 (until every secondary has a change) MUTU_BIND_PARENT_SECONDS=3600 (the same of the parent's)
#   MUTU_BIND_PARENT_TTL_SECONDS=86400 (how long a DS may be remembered)
LC_ALL=C
HOME=/nonexistent
PATH=${MUTU_PATH:-/usr/sbin:/usr/bin:/sbin:/bin}
export LC_ALL HOME PATH
umask 022
# apply and the units give the machine's own file; who calls by hand need not.
if [ -z "${MUTU_ROOT:-}" ]; then
  while IFS= read -r line; do case $line in MUTU_*=*) export "${line?}" ;; esac done </etc/mutu/machine.conf
fi
: "${MUTU_START:=systemd}" "${MUTU_PRIVILEGED:=yes}"
user=${MUTU_BIND_USER:-mutu-bind}
if [ "$MUTU_START" = direct ]; then
  run=$MUTU_ROOT/run/bind state=$MUTU_ROOT/run/bind/state
else
  run=/run/mutu-bind state=/var/lib/mutu-bind
fi
propagation=${MUTU_BIND_PROPAGATION_SECONDS:-3600} parent=${MUTU_BIND_PARENT_SECONDS:-3600} remembered=${MUTU_BIND_PARENT_TTL_SECONDS:-86400}
port=${MUTU_BIND_PORT:-53} control=${MUTU_BIND_CONTROL:-953}

me=${me:-$(id -u)}
privileged() { [ "$MUTU_PRIVILEGED" = yes ] && [ "$me" = 0 ]; }
as_bind() { # becomes BIND's own user, with no right of root's: what members wrote is parsed as nobody else
  if privileged; then set -- setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all --no-new-privs -- "$@"; fi
  "$@"
}
bind() { as_bind rndc -s 127.0.0.1 -p "$control" -k "$run/rndc.key" "$@"; }
alive() { [ -r "$run/rndc.key" ] && bind status >/dev/null 2>&1; }
here_address() { # where it can be asked from here
  set -- ${MUTU_BIND_ADDRESSES:-0.0.0.0}
  case $1 in 0.0.0.0 | ::) echo 127.0.0.1 ;; *) echo "$1" ;; esac
}

# --- what is live, as lines -----------------------------------------------------------------------------------------------------------
as_rows() { # paths on standard input → "<zone>. <kind> <path>"; nothing else passes
  sed -n 's#^\([0-9a-f][0-9a-f]/bind/\(signed\|plain\)/\([a-z0-9-]\{1,63\}\(\.[a-z0-9-]\{1,63\}\)*\)\.zone\)$#\3. \2 \1#p'
}
shared() { # <release>: the list of what zones share, or nothing
  set -- "$1"/*/bind/base/shared.list
  if [ -e "$1" ]; then echo "$1"; else echo /dev/null; fi
}
rows() { # <release>: every zone that it serves
  [ -d "$1" ] || return 0
  (cd "$1" && set -- ??/bind/signed/*.zone ??/bind/plain/*.zone && printf '%s\n' "$@") | as_rows
}
catalog_of() { sed -n 's/^catalog \([a-z0-9.-]*\)$/\1/p' "$(shared "$1")"; } # <release>
# The catalog's member of each zone (RFC 9432 §4.1): a label of its own that is always the same.
members() { # rows on standard input → "<label>.zones <zone>"
  awk '
    BEGIN { for (i = 33; i < 127; i++) order[sprintf("%c", i)] = i }
    function part(zone, by, most, h, i) { h = 7; for (i = 1; i <= length(zone); i++) h = (h * by + order[substr(zone, i, 1)]) % most; return h }
    { printf "%06x%06x%06x.zones %s\n", part($1, 131, 16777213), part($1, 257, 16777199), part($1, 521, 16777183), $1 }'
}
zone_words() { # <zone.> <kind>: what BIND is told of one zone
  printf '{ type primary; file "zones/%s";' "${1%.}"
  [ "$2" != signed ] || printf ' dnssec-policy mutu; inline-signing yes; parental-agents { "parents"; };'
  printf ' };'
}

# --- the configuration -----------------------------------------------------------------------------------------------------------------
listen() {
  four='' six=''
  for address in ${MUTU_BIND_ADDRESSES:-0.0.0.0 ::}; do
    case $address in
    *:*) [ ! -e /proc/self/net/if_inet6 ] || six="$six $address;" ;;
    *) four="$four $address;" ;;
    esac
  done
  echo "listen-on port $port {$(echo "${four:- none;}" | sed 's/ 0\.0\.0\.0;/ any;/') }; listen-on-v6 port $port {$(echo "${six:- none;}" | sed 's/ ::;/ any;/') };"
}
configuration() { # <release>: all that named reads but the zones
  case $MUTU_START in direct) log="file \"$run/named.log\"" ;; *) log=stderr ;; esac
  list=$(shared "$1")
  awk -v propagation="$propagation" -v parent="$parent" -v remembered="$remembered" '
    $1 == "key" { print "key \"" $2 "\" { algorithm " $3 "; secret \"" $4 "\"; };"; keys = keys " key \"" $2 "\";" }
    $1 == "secondary" { told = told " " $3 " port " $4 " key \"" $5 "\";" }
    $1 == "ksk-days" { days = $2 }
    $1 == "parent" { parents = parents " " $2 ";" }
    END {
      # Nobody listens there: without a resolver nobody says that a parent has a DS, and no key is ever changed for it.
      print "parental-agents \"parents\" {" (parents == "" ? " 127.0.0.1 port 1;" : parents) " };"
      print "dnssec-policy \"mutu\" { keys {"
      print "  ksk lifetime " (days > 0 ? "P" days "D" : "unlimited") " algorithm ecdsap256sha256; zsk lifetime P90D algorithm ecdsap256sha256; };"
      print "  purge-keys P90D; dnskey-ttl " propagation "; zone-propagation-delay " propagation "; publish-safety " propagation "; retire-safety " propagation ";"
      print "  parent-propagation-delay " parent "; parent-ds-ttl " remembered "; };"
      print "acl \"transfer\" {" (keys == "" ? " none;" : keys) " };"
      print "primaries \"secondaries\" {" told " };"
    }' "$list"
  sed -e "s|@RUN@|$run|g" -e "s|@STATE@|$state|g" -e "s|@LOG@|$log|g" -e "s|@LISTEN@|$(listen)|" -e "s|@CONTROL@|$control|" \
    -e "s|@NOTIFY@|$(if grep -q '^secondary ' "$list"; then echo 'also-notify { "secondaries"; };'; fi)|" "$here/named.conf"
  catalog=$(catalog_of "$1")
  [ -z "$catalog" ] ||
    printf 'zone "%s" { type primary; file "catalog"; allow-update { key "rndc"; }; allow-query { transfer; key "rndc"; }; };\n' "$catalog"
}
