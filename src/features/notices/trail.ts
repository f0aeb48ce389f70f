import type { Notice } from "../../generated/sqlite/client.js";

/** Names a notice in the audit trail. */
export function objectOf({ id, titleFr }: Pick<Notice, "id" | "titleFr">): { type: string; id: string; name: string } {
  return { type: "notice", id, name: titleFr };
}
