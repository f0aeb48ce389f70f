/** PHP-FPM: a pool per account and PHP version, spread over several masters. */

import type { PhpState } from "../../features/sites/role.js";
import type { Daemon } from "../../publish/contract.js";
import { explain } from "./explain.js";
import { renderPool } from "./pool.js";
import { accountNumber, segment } from "./words.js";

export const daemon: Daemon<PhpState> = {
  name: "php-fpm",
  role: "php",
  render({ state }, probe) {
    const path = `${segment(state.version)}/${segment(state.master)}/${accountNumber(state.account.number)}.conf`;
    return [{ path, content: renderPool(state, probe) }];
  },
  // No pool is the notice: its sites answer 503 by Apache's, and no code of the account runs.
  renderNotice: () => [],
  explain,
  forwardOnly: false,
};
