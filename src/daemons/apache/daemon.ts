/** Apache: virtual hosts and `.htaccess`, behind nginx, before PHP-FPM. Blue and green, never reloaded. */
import type { WebState } from "../../features/sites/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";
import { renderAccount, renderBase, renderUnavailable } from "./render.js";

export const daemon: Daemon<WebState> = {
  name: "apache",
  role: "web",
  render({ state }, probe) {
    return state.kind === "base" ? renderBase(state) : renderAccount(state, probe);
  },
  // A base that cannot be rendered leaves apache.conf's own defaults.
  renderNotice: ({ key, claims }) => (/^[1-9][0-9]*$/.test(key) ? renderUnavailable(Number(key), claims) : []),
  explain,
  forwardOnly: false,
};
