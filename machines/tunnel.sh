# tunnel.sh: the link between machines, WireGuard (HOSTING.md 17). Sourced by web/install and control/install after prepare.sh, POSIX sh.
# Only where it is asked for: --tunnel ADDRESS/BITS is this machine's own address in it, --tunnel-peer "KEY ADDRESS [ENDPOINT:PORT]" another machine.
# The key is made here and leaves the machine never; the other machine's install is told the public half, which is printed.
TUNNEL_FOLDER=/etc/wireguard

tunnel_options() {
  case $TUNNEL in '') ;; */[0-9]*) case $TUNNEL in *[!0-9a-f.:/]*) die "--tunnel: refused: $TUNNEL" ;; esac ;; *) die "--tunnel: ADDRESS/BITS is needed" ;; esac
  [ -n "$TUNNEL" ] || [ -z "$TUNNEL_PEERS" ] || die "--tunnel-peer needs --tunnel"
  printf '%s' "$TUNNEL_PEERS" | while IFS= read -r peer; do
    # shellcheck disable=SC2086 # words
    set -- $peer
    [ $# -eq 2 ] || [ $# -eq 3 ] || die "--tunnel-peer: KEY ADDRESS [ENDPOINT:PORT] is needed"
    [ ${#1} -eq 44 ] || die "--tunnel-peer: a public key has 44 characters"
    case $1$2${3:-} in *[!A-Za-z0-9+/=.:_-]*) die "--tunnel-peer: refused: $peer" ;; esac
  done
}
tunnel_packages() { [ -z "$TUNNEL" ] || echo wireguard-tools; }

# The 32 bytes at the end of the DER form are the key itself (RFC 8410).
private_key() { openssl genpkey -algorithm X25519 -outform DER | tail -c 32 | base64; }
public_key() { # <file of the private one>
  { printf '\060\056\002\001\000\060\005\006\003\053\145\156\004\042\004\040' && base64 -d "$1"; } | openssl pkey -inform DER -pubout -outform DER | tail -c 32 | base64
}
tunnel_text() {
  printf '# Written by Mutu: the link between machines. install --tunnel writes it again.\n[Interface]\nAddress = %s\nListenPort = 51820\nPrivateKey = %s\n' \
    "$TUNNEL" "$(cat "$TUNNEL_FOLDER/mutu.key")"
  printf '%s' "$TUNNEL_PEERS" | while IFS= read -r peer; do
    # shellcheck disable=SC2086 # words
    set -- $peer
    case $2 in */*) only=$2 ;; *:*) only=$2/128 ;; *) only=$2/32 ;; esac
    printf '\n[Peer]\nPublicKey = %s\nAllowedIPs = %s\n' "$1" "$only"
    # Who has no endpoint here is found when it calls; who calls keeps the way open through a NAT.
    [ -z "${3:-}" ] || printf 'Endpoint = %s\nPersistentKeepalive = 25\n' "$3"
  done
}
tunnel() {
  [ -n "$TUNNEL" ] || return 0
  folder "$TUNNEL_FOLDER" root:root 700
  [ -s "$TUNNEL_FOLDER/mutu.key" ] || { says "make the tunnel's key" && private_key | file "$TUNNEL_FOLDER/mutu.key" 600; } || return 0
  tunnel_text | file "$TUNNEL_FOLDER/mutu.conf" 600
  enable_unit wg-quick@mutu.service
  echo "tunnel's public key $(public_key "$TUNNEL_FOLDER/mutu.key")"
}
