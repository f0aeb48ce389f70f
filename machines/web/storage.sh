# storage.sh: members' files over NFS (HOSTING.md 18). Sourced by web/install: --homes-from ADDRESS:/FOLDER, an address inside the tunnel. POSIX sh.

storage_options() {
  case $HOMES_FROM in '') ;; *[!A-Za-z0-9.:/_-]*) die "--homes-from: refused: $HOMES_FROM" ;; *:/*) ;; *) die "--homes-from: ADDRESS:/FOLDER is needed" ;; esac
}
storage_packages() { [ -z "$HOMES_FROM" ] || echo nfs-common; }
storage() {
  [ -n "$HOMES_FROM" ] || return 0
  name=$(systemd-escape --path "$HOMES")
  file "/etc/systemd/system/$name.mount" 644 <<EOT
# Written by Mutu: members' files, from the machine that holds them. Nothing that serves waits for it at boot.
[Unit]
Description=Mutu: members' files

[Mount]
What=$HOMES_FROM
Where=$HOMES
Type=nfs4
# hard: a write is never lost; short caches: what FTP changed is seen within seconds.
Options=vers=4.2,hard,nosuid,nodev,noatime,acregmin=1,acregmax=3,acdirmin=1,acdirmax=3,lookupcache=positive,_netdev,nofail
TimeoutSec=20
EOT
  file "/etc/systemd/system/$name.automount" 644 <<EOT
# Written by Mutu: mounted by whoever first looks, tried again until the other machine answers.
[Unit]
Description=Mutu: members' files, when they are wanted

[Automount]
Where=$HOMES

[Install]
WantedBy=multi-user.target
EOT
  file /usr/local/lib/mutu/watch-storage 755 <"$HERE/watch-storage"
  file /etc/systemd/system/mutu-storage-watch.service 644 <<EOT
# Written by Mutu: says to nginx when members' files are away.
[Unit]
Description=Mutu: are members' files there

[Service]
ExecStart=/usr/local/lib/mutu/watch-storage $HOMES
User=mutu-nginx
Restart=always
RestartSec=2
RuntimeDirectory=mutu-storage
RuntimeDirectoryMode=0755
# No view of its own: it looks at this machine's mounts as they are. It can do nothing but look.
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
TasksMax=16

[Install]
WantedBy=multi-user.target
EOT
  enable_unit "$name.automount"
  enable_unit mutu-storage-watch.service
}
