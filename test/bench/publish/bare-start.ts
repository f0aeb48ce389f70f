/** The yardstick: the same Apache on the same tree, on ports of its own, from its start until it answers for a site on both. */
import type { LabNode } from "../../machines/lab/node.js";

// What the driver does to start one, without systemd and without anything around it.
const SCRIPT = `set -eu
lib=/usr/local/lib/mutu/daemons/apache
read -r colour </var/lib/mutu/live/colour
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/run" "$place/log"
chown -R mutu-apache:mutu-apache "$place"
set -- "$1" "$2" $(sed -e 's/^MUTU_HTTP_PORT=.*/MUTU_HTTP_PORT=18080/' -e 's/^MUTU_TLS_PORT=.*/MUTU_TLS_PORT=18081/' \\
  -e "s:^MUTU_APACHE_RUN=.*:MUTU_APACHE_RUN=$place/run:" -e "s:^MUTU_APACHE_LOGS=.*:MUTU_APACHE_LOGS=$place/log:" -e 's/^MUTU_PROBE_FROM=.*/MUTU_PROBE_FROM=127.0.0.1/' \\
  "/var/lib/mutu/run/apache-$colour.env")
host=$1 hash=$2
shift 2
started=$(date +%s%N)
setpriv --reuid mutu-apache --regid mutu-apache --groups mutu-web,mutu-conf --no-new-privs -- env -i PATH=/usr/bin:/bin LANG=C "$@" \\
  /usr/sbin/apache2 -T -f "$lib/apache.conf" -D FOREGROUND </dev/null >"$place/words" 2>&1 &
pid=$!
perl "$lib/ask" 60 "$pid" "$host" "$hash" 18080 18081 || { cat "$place/words" "$place"/log/* >&2; exit 1; }
ended=$(date +%s%N)
kill -TERM "$pid"
wait "$pid" || :
echo $((ended - started))`;

/** Milliseconds of one bare start. */
export async function bareStartMs(web: LabNode, site: { name: string; hash: string }): Promise<number> {
  const nanoseconds = await web.must(["sh", "-c", SCRIPT, "bare", site.name, site.hash]);
  return Number(nanoseconds) / 1e6;
}
