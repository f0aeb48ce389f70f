/** The other way, as AlternC's machines have it: one Apache that ends TLS itself, prefork, a change of user for each connection (mpm-itk), PHP inside. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabNode } from "../../machines/lab/node.js";

const MODULES = ["authn_core", "authz_core", "authz_host", "alias", "deflate", "dir", "env", "filter", "headers", "mime", "rewrite", "setenvif"];
const WAIT_MS = 20_000;

export interface Itk {
  port: number;
  stop(): Promise<void>;
}

/** Starts it with the host's programs in the machine's network; the certificate (PEM, chain and key) is that of the chain beside it. */
export async function startItk(web: LabNode, site: { name: string; number: number }, certificate: string, files: Record<string, string>): Promise<Itk> {
  const place = mkdtempSync(join(tmpdir(), "mutu-bench-itk-"));
  chmodSync(place, 0o755);
  const port = 8443;
  const root = join(place, "www");
  mkdirSync(root);
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(root, file), content);
    chownSync(join(root, file), site.number, site.number);
  }
  chownSync(root, site.number, site.number);
  writeFileSync(join(place, "site.pem"), certificate, { mode: 0o600 });
  writeFileSync(join(place, "apache.conf"), configuration(place, root, port, site));
  // A group of its own: an Apache that ends tells its whole group.
  const child = web.spawnInNetwork(["/usr/sbin/apache2", "-f", join(place, "apache.conf"), "-D", "FOREGROUND"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk));
  const stop = async () => {
    await end(child);
    rmSync(place, { recursive: true, force: true });
  };
  const began = performance.now();
  while (!readIfThere(join(place, "error.log")).includes("resuming normal operations")) {
    if (child.exitCode !== null || performance.now() - began > WAIT_MS) {
      const words = said + readIfThere(join(place, "error.log"));
      await stop();
      throw new Error(`Apache with mpm-itk did not start: ${words}`);
    }
    await new Promise((resume) => setTimeout(resume, 20));
  }
  return { port, stop };
}

/** Debian's own values where AlternC has none. */
function configuration(place: string, root: string, port: number, site: { name: string; number: number }): string {
  return `ServerRoot /usr/lib/apache2
PidFile ${place}/pid
DefaultRuntimeDir ${place}
Mutex file:${place} default
ServerName ${site.name}
${["mpm_prefork", ...MODULES, "socache_shmcb", "ssl"].map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join("\n")}
LoadModule mpm_itk_module modules/mpm_itk.so
LoadModule php_module modules/libphp8.2.so
Listen ${port}
User www-data
Group www-data
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
StartServers 5
MinSpareServers 5
MaxSpareServers 10
MaxRequestWorkers 150
MaxConnectionsPerChild 0
TypesConfig /etc/mime.types
ErrorLog ${place}/error.log
LogFormat "%v %h %l %u %t \\"%r\\" %>s %O" all
CustomLog ${place}/access.log all
SSLSessionCache shmcb:${place}/sessions(512000)
SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
DirectoryIndex index.php index.html
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory ${root}>
  AllowOverride All
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<VirtualHost *:${port}>
  ServerName ${site.name}
  DocumentRoot ${root}
  AssignUserID #${site.number} #${site.number}
  php_admin_value open_basedir ${root}
  SSLEngine on
  SSLCertificateFile ${place}/site.pem
</VirtualHost>
`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
