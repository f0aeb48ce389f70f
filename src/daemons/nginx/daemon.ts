/** nginx: TLS, certificates by name, limits; before Apache. Generated files say only what the fixed block cannot know. */
import type { WebState } from "../../features/sites/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";
import { renderAccount, renderBase, renderUnavailable } from "./render.js";

export const daemon: Daemon<WebState> = {
  name: "nginx",
  role: "web",
  render({ state, host }, probe) {
    return state.kind === "base" ? renderBase(state, host.options["nginx"] ?? {}) : renderAccount(state, probe);
  },
  // A base that cannot be rendered leaves nginx's own defaults.
  renderNotice: ({ key, claims }) => (/^[1-9][0-9]*$/.test(key) ? renderUnavailable(Number(key), claims) : []),
  explain,
  forwardOnly: false,
  certificates: true,
  options: {
    tlsProfile: {
      title: "nginx.option_tls_profile",
      hint: "nginx.option_tls_profile_hint",
      type: "choice",
      default: "modern",
      choices: ["modern", "intermediate"],
    },
  },
};
