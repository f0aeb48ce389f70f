/** Files that set up a member's program: FileZilla's site manager, OpenSSH's configuration. Pure. */
import type { FtpDoor } from "./host-settings.js";

/** What the files say of a login. */
export interface ClientLogin {
  name: string;
  hasPassword: boolean;
  hasKeys: boolean;
}

// FileZilla's numbers: commands of its enum ServerProtocol and LogonType.
const SFTP = 1;
const FTP_EXPLICIT_TLS = 4;
const ASK_PASSWORD = 2;
const INTERACTIVE = 3;

const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu; // XML 1.0 §2.2
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Writes a text where XML expects one. */
export function xmlText(text: string): string {
  return text.replace(NOT_XML, "").replace(/[&<>"']/g, (mark) => ENTITIES[mark] as string);
}

/** Writes the file that FileZilla imports: SFTP and FTPS, never a password. */
export function fileZillaSites(door: Pick<FtpDoor, "name" | "ports">, login: ClientLogin, title: string): string {
  const site = (name: string, protocol: number, port: number, logon: number) =>
    [
      "    <Server>",
      `      <Host>${xmlText(door.name)}</Host>`,
      `      <Port>${port}</Port>`,
      `      <Protocol>${protocol}</Protocol>`,
      "      <Type>0</Type>",
      `      <User>${xmlText(login.name)}</User>`,
      `      <Logontype>${logon}</Logontype>`,
      "      <EncodingType>Auto</EncodingType>",
      "      <BypassProxy>0</BypassProxy>",
      `      <Name>${xmlText(name)}</Name>`,
      "    </Server>",
    ].join("\n");
  const sites = [site(`${title} (SFTP)`, SFTP, door.ports.sftp, login.hasKeys && !login.hasPassword ? INTERACTIVE : ASK_PASSWORD)];
  // FTPS knows no keys.
  if (login.hasPassword) sites.push(site(`${title} (FTPS)`, FTP_EXPLICIT_TLS, door.ports.ftp, ASK_PASSWORD));
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<FileZilla3>\n  <Servers>\n${sites.join("\n")}\n  </Servers>\n</FileZilla3>\n`;
}

/** Writes lines for ~/.ssh/config. The name, the host and the port have a fixed grammar: nothing here needs quoting. */
export function sshConfig(door: Pick<FtpDoor, "name" | "ports" | "sshFingerprint">, login: ClientLogin, alias: string): string {
  return [
    `# sftp ${alias}`,
    ...(door.sshFingerprint ? [`# ${door.sshFingerprint}`] : []),
    `Host ${alias}`,
    `    HostName ${door.name}`,
    `    Port ${door.ports.sftp}`,
    `    User ${login.name}`,
    ...(login.hasKeys
      ? ["    PreferredAuthentications publickey,password"]
      : ["    PreferredAuthentications password,keyboard-interactive", "    PubkeyAuthentication no"]),
    "",
  ].join("\n");
}
