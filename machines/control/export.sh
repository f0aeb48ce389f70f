# export.sh: members' files for web machines over NFS (HOSTING.md 18). Sourced by control/install: --export-homes "ADDRESS…", theirs inside the tunnel. POSIX sh.

export_options() {
  case $EXPORT_HOMES in *[!0-9a-f.:\ ]*) die "--export-homes: refused: $EXPORT_HOMES" ;; esac
}
export_packages() { [ -z "$EXPORT_HOMES" ] || echo nfs-kernel-server; }
export_homes() {
  [ -n "$EXPORT_HOMES" ] || return 0
  # A client that guesses handles reaches all of the file system that a folder is exported from (exports(5)), as any number but root's: the panel's too.
  mountpoint -q "$HOMES" || echo "warning: $HOMES is no file system of its own: who takes a web machine over could guess a way to the other files of this one, the panel's keys among them"
  folder /etc/exports.d root:root 755
  {
    echo "# Written by Mutu: members' files, for these machines alone. install --export-homes writes it again."
    for address in $EXPORT_HOMES; do echo "$HOMES $address(rw,secure,root_squash,sync,no_subtree_check)"; done
  } | file /etc/exports.d/mutu.exports 644
  folder /etc/nfs.conf.d root:root 755
  # The fourth version alone: one port, no portmapper. Inside the tunnel when there is one.
  printf '# Written by Mutu.\n[nfsd]\nvers3=n\nvers4=y\n%s' "${TUNNEL:+host=${TUNNEL%/*}
}" | file /etc/nfs.conf.d/mutu.conf 644
  # by its own name: its package's is an alias of it, which never counts as enabled
  [ "$START" != systemd ] || ! [ -e /lib/systemd/system/nfs-server.service ] || enable_unit nfs-server.service
  if running_systemd && [ "$PLAN" = no ] && command -v exportfs >/dev/null; then exportfs -ra; fi
}
