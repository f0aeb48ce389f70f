/** What root does in a folder of somebody else's it does as that one: a link that lies there, or is laid there meanwhile, leads no further than its owner could go. */
import { stat } from "node:fs/promises";

/** Acts with the numbers of a folder's owner; who is not root acts as it is. What is acted beside it, in this process, has these numbers too. */
export async function asOwnerOf<T>(folder: string, act: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return act();
  const { uid, gid } = await stat(folder);
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([gid]);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}
