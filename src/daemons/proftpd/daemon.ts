/** ProFTPD: FTPS and SFTP from one user file. Generated files only say who may log in; they carry credentials, so they only go forward. */
import type { FtpState } from "../../features/ftp/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";
import { renderLogins } from "./render.js";

const FIRST_FREE_PORT = 1;
const LAST_PORT = 65_535;

export const daemon: Daemon<FtpState> = {
  name: "proftpd",
  role: "ftp",
  render: ({ state }, probe) => renderLogins(state, probe),
  // No file is no login.
  renderNotice: () => [],
  explain,
  forwardOnly: true,
  certificates: true,
  // What the machine's own file says (MUTU_PROFTPD_PORT, _SFTP_PORT, _TLS): verification asks there, and members are told so.
  options: {
    ftpPort: {
      title: "proftpd.option_ftp_port",
      hint: "proftpd.option_ftp_port_hint",
      type: "integer",
      default: 21,
      minimum: FIRST_FREE_PORT,
      maximum: LAST_PORT,
    },
    sftpPort: {
      title: "proftpd.option_sftp_port",
      hint: "proftpd.option_sftp_port_hint",
      type: "integer",
      default: 2222,
      minimum: FIRST_FREE_PORT,
      maximum: LAST_PORT,
    },
    plainFtp: { title: "proftpd.option_plain_ftp", hint: "proftpd.option_plain_ftp_hint", type: "boolean", default: false },
  },
};
