/** `npm run trial`, first stage: installs what is missing, then gives up root and hands over to run.ts. */
import { join } from "node:path";
import { runForeground } from "../core/machine/foreground.js";
import { readLayout } from "./layout.js";
import { installMissing } from "./packages.js";
import { asNumber, chooseNumber, giveFolder } from "./step-down.js";

/** Real parts, from Debian: the web chain, the compiler of our Apache module, certificates for this machine, FTPS and SFTP without root, names and who asks for them. */
const PACKAGES = [
  ...["apache2", "apache2-dev", "nginx-light|nginx|nginx-full|nginx-extras", "php-fpm", "openssl", "procps", "perl"],
  ...["proftpd-core", "proftpd-mod-crypto", "proftpd-mod-vroot", "proftpd-mod-wrap", "libnss-wrapper", "openssh-client"],
  ...["knot", "knot-dnssecutils", "bind9-dnsutils"],
];

async function main(): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const layout = readLayout(process.env);
  await installMissing(PACKAGES, say);
  const second = [process.execPath, ...process.execArgv, join(layout.source, "src/trial/run.ts"), ...process.argv.slice(2)];
  const number = await chooseNumber(layout);
  if (number === null) return runForeground(second as [string, ...string[]], process.env);
  await giveFolder(layout, number);
  say(`This is root: everything of the trial runs as the number ${number} instead.`);
  return runForeground(await asNumber(number, layout, second), { ...process.env, HOME: layout.place });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
