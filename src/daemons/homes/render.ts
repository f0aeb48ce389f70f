/** What should exist of an account's home, as lines for the driver. Pure. */
import type { FilesState } from "../../features/sites/role.js";
import type { RenderedFile } from "../../publish/contract.js";
import { accountNumber, decimal, folderPath, homePath, language } from "./words.js";

/** Beside the document folders; members find their sites' logs there. */
const LOGS = "logs";

/** Renders the list of an account: `home`, `disk` (MB), then `folder <fr|en|-> <path>`, parents before what is in them. */
export function renderHome(state: FilesState): RenderedFile[] {
  const number = accountNumber(state.account.number);
  const lines = [
    `# Written by Mutu for account ${number}. Do not edit: the next publication replaces this file.`,
    `home ${state.home === "removed" ? "removed" : "present"} ${homePath(state.path)}`,
  ];
  if (state.home === "present") {
    const folders = state.folders
      .filter(({ path }) => path !== LOGS)
      .map(({ path, starter }) => `folder ${starter === null ? "-" : language(starter)} ${folderPath(path)}`);
    lines.push(`disk ${decimal(state.diskMb)}`, `folder - ${LOGS}`, ...folders);
  }
  return [{ path: `accounts/${number}.list`, content: `${lines.join("\n")}\n` }];
}
