/** Ports of the files' door on a host: what the daemon's settings say, or what everybody expects. */
import type { DaemonOptions } from "../../publish/contract.js";

const FTP_PORT = 21;
const SFTP_PORT = 2222; // AlternC's, so that imported programs need no change

/** Reads the ports from the settings of the daemon. */
export function ftpPorts(options: DaemonOptions): { ftp: number; sftp: number } {
  const { ftpPort, sftpPort } = options as { ftpPort?: unknown; sftpPort?: unknown };
  return { ftp: typeof ftpPort === "number" ? ftpPort : FTP_PORT, sftp: typeof sftpPort === "number" ? sftpPort : SFTP_PORT };
}
