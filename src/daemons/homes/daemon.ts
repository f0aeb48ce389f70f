/** Homes: no program, only folders that should exist. Forward only: no put-back takes a home away or brings one back. */
import type { FilesState } from "../../features/sites/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";
import { renderHome } from "./render.js";

export const daemon: Daemon<FilesState> = {
  name: "homes",
  role: "files",
  render: ({ state }) => renderHome(state),
  // Nothing is asked of the home: what is there stays there.
  renderNotice: () => [],
  explain,
  forwardOnly: true,
};
