# firewall.sh: what the world reaches on this machine (HOSTING.md 19). Sourced by web/install and control/install after prepare.sh, POSIX sh.
# Nothing is closed unless the administrator asks: --firewall "ADDRESS…" (whence SSH comes). What was asked for is kept in /etc/mutu/firewall.conf,
# so that a later install opens what a new daemon serves; --firewall off opens everything again.
FIREWALL_KEPT=/etc/mutu/firewall.conf

kept_word() { sed -n "s/^$1=//p" "$FIREWALL_KEPT" 2>/dev/null || :; }
addresses() { # <option> <value>
  case $2 in *[!0-9a-f.:/\ ]*) die "$1: refused: $2" ;; esac
}
firewall_options() { # FIREWALL, WEB_ADDRESSES, OPEN: as given, else as kept
  if [ "$FIREWALL" != off ]; then
    FIREWALL=${FIREWALL:-$(kept_word administrators)}
    WEB_ADDRESSES=${WEB_ADDRESSES:-$(kept_word web)}
    OPEN=${OPEN:-$(kept_word open)}
    addresses --firewall "$FIREWALL"
    # Closed to everybody is what nobody means: blanks, or words that are no address, which the rules would leave out.
    case $FIREWALL in '' | *[!\ ]*) ;; *) die "--firewall: whence does SSH come? (\"0.0.0.0/0 ::/0\": from anywhere)" ;; esac
    for one in $FIREWALL $WEB_ADDRESSES; do case $one in *.* | *:*) ;; *) die "--firewall, --web-addresses: no address: $one" ;; esac done
  fi
  addresses --web-addresses "$WEB_ADDRESSES"
  for one in $OPEN; do
    case $one in tcp/* | udp/*) ;; *) die "--open: tcp/PORT or udp/PORT is needed: $one" ;; esac
    case ${one#???/} in '' | [!0-9]* | *[!0-9-]*) die "--open: refused: $one" ;; esac
  done
}

# elements <word>...: the contents of an nft set, or nothing
elements() {
  list=
  for word; do list="$list${list:+, }$word"; done
  [ -z "$list" ] || printf 'elements = { %s }' "$list"
}
# of_family <4|6> <address>...: those of that family, as the contents of a set
of_family() {
  family=$1 found=
  shift
  for address; do
    case $family:$address in 4:*:*) ;; 4:*.*) found="$found $address" ;; 6:*:*) found="$found $address" ;; esac
  done
  # shellcheck disable=SC2086
  elements $found
}

# served <tcp|udp>: the ports of this machine's daemons, by their `ports` files and what machine.conf or --set says, and those of --open
served() {
  settings=$(daemon_settings)
  for daemon in $DAEMONS; do
    source=$(daemon_source "$daemon")
    [ -e "$source/ports" ] || continue
    while read -r protocol key default; do
      [ "$protocol" = "$1" ] || continue
      value=$(printf '%s\n' "$settings" | sed -n "s/^$key=//p")
      # two numbers are a range
      echo "${value:-$default}" | tr ' ' '-'
    done <"$source/ports"
  done
  for one in $OPEN; do case $one in "$1"/*) echo "${one#???/}" ;; esac done
}
ssh_ports() {
  found=$({ sshd -T || /usr/sbin/sshd -T; } 2>/dev/null | sed -n 's/^port \([0-9]*\)$/\1/p')
  echo "${found:-22}"
}

# public_rules <template> <administrators' addresses> <more TCP ports>: its text
public_rules() {
  # shellcheck disable=SC2046,SC2086 # words
  sed -e "s|@ADMIN4@|$(of_family 4 $2)|; s|@ADMIN6@|$(of_family 6 $2)|; s|@WEB4@|$(of_family 4 $WEB_ADDRESSES)|; s|@WEB6@|$(of_family 6 $WEB_ADDRESSES)|" \
    -e "s|@TCP@|$(elements $(served tcp) $3)|; s|@UDP@|$(elements $(served udp))|; s|@SSH@|$(elements $(ssh_ports))|" "$1"
}

# public_walls <template> <addresses that always may use SSH> <more TCP ports>
public_walls() {
  wall_units
  rules=/etc/mutu/nftables-public.conf
  fresh_rules=$(mktemp)
  case $FIREWALL in
  '' | off) public_rules "$1" "$2" "$3" >"$fresh_rules" ;;
  *) public_rules "$1" "$2 $FIREWALL" "$3" >"$fresh_rules" ;;
  esac
  case $FIREWALL in
  '') [ "$PLAN" = no ] || echo "firewall: off. With --firewall \"ADDRESSES\" (whence SSH comes) these rules are loaded:" ;;
  off) firewall_off ;;
  *)
    ! running_systemd || nft -c -f "$fresh_rules" || die "--firewall: nft does not take these rules"
    printf 'administrators=%s\nweb=%s\nopen=%s\n' "$FIREWALL" "$WEB_ADDRESSES" "$OPEN" | file "$FIREWALL_KEPT" 644
    file "$rules" 644 <"$fresh_rules"
    enable_unit mutu-firewall.service
    [ "$PLAN" = no ] || echo "firewall: these rules are loaded:"
    ;;
  esac
  # Who decides reads what it is about.
  [ "$PLAN" = no ] || [ "$FIREWALL" = off ] || sed 's/^/| /' "$fresh_rules"
  rm -f "$fresh_rules"
}
firewall_off() {
  [ -e "$FIREWALL_KEPT" ] || [ -e "$rules" ] || return 0
  says "open this machine to the world: remove $rules" || return 0
  [ "$START" != systemd ] || systemctl -q disable mutu-firewall.service
  ! running_systemd || systemctl stop mutu-firewall.service
  rm -f "$FIREWALL_KEPT" "$rules"
}
wall_units() {
  for unit in mutu-walls.service mutu-firewall.service; do file "/etc/systemd/system/$unit" 644 <"$HERE/../units/$unit"; done
}
load_walls() { # after a change, on a machine that runs
  systemctl restart mutu-walls.service
  [ ! -e /etc/mutu/nftables-public.conf ] || { systemctl reload-or-restart mutu-firewall.service && locked_out; }
}
locked_out() { # whoever runs this by SSH is told while that connection, which goes on, is still there to mend it
  seen=${SSH_CONNECTION:-} seen=${seen%% *}
  case $seen in '' | 127.* | ::1) return 0 ;; *:*) set -- 6 ;; *) set -- 4 ;; esac
  # What comes from a web machine never gets as far as the administrators' rule, so that one that was taken over cannot try SSH.
  if in_set "web$1"; then
    echo "warning: SSH from $seen, whence you are here now, is closed, for --web-addresses \"$WEB_ADDRESSES\" holds it: keep this connection, and run install again with web machines' own addresses, or come from elsewhere"
  elif ! in_set "admin$1"; then
    echo "warning: SSH from $seen, whence you are here now, is closed: keep this connection, and run install again with --firewall \"$FIREWALL $seen\""
  fi
}
in_set() { nft get element inet mutu_public "$1" "{ ${seen%\%*} }" >/dev/null 2>&1; }
