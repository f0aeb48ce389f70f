/** What a newcomer reads when the trial is up. */
import type { Layout } from "./layout.js";
import type { People } from "./seed.js";

/** Gives the text: where, who, what to do next, and what this is not. */
export function welcome(layout: Layout, people: People): string {
  const { panel, https, http, ftp, sftp, dns } = layout.ports;
  const command = `MUTU_CONFIG=${layout.settingsFile} npm run mutu --`;
  const password = people.password ?? `as shown the first time (a new one: ${command} auth password ${people.admin})`;
  return `
  Mutu is running.            Stop it with Ctrl-C; it goes on from here the next time.

    Panel      https://localhost:${panel}     (its certificate is self-made: your browser will ask)
    Login      ${people.admin}
    Password   ${password}

    Sites      https://NAME.localhost:${https}   and   http://NAME.localhost:${http}
    Files      ${layout.homes}
               SFTP: sftp -P ${sftp} LOGIN@localhost     FTPS: localhost, port ${ftp}     (FTP accounts > Add an FTP account)
    Names      dig @127.0.0.1 -p ${dns} NAME.localhost     (add +dnssec to see the signatures)

  Next: Hosting accounts > Create an account, then Sites > Add a site with an address such as club.localhost.
  The same from a terminal: ${command} --help
  Accounts are NOT isolated from each other in a trial: every program runs as one user,
  and nobody can shut an FTP session into its folder for good: a link in it leads out. docs/install.md sets up real machines.
  To forget the trial: stop it and remove ${layout.place}
`;
}
