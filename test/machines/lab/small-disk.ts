/** A file system with a real ceiling in a node, from a file: what a full quota does to programs. ext4's and tmpfs' quotas need kernels that not every host has; btrfs brings its own. */
import { truncateSync, writeFileSync } from "node:fs";
import type { LabNode } from "./node.js";
import { must } from "./run.js";

const IMAGE = "/var/tmp/small-disk.img";
const IMAGE_BYTES = 200 * 2 ** 20;

/** Mounts it on a folder of the node, which the owner then has for itself; who writes more than the limit is told EDQUOT. It ends with the node. */
export async function mountSmallDisk(node: LabNode, folder: string, owner: number, limitBytes: number): Promise<void> {
  const image = node.hostPath(IMAGE);
  writeFileSync(image, "");
  truncateSync(image, IMAGE_BYTES);
  await must(["mkfs.btrfs", "-q", image]);
  const device = (await must(["losetup", "--find", "--show", image])).trim();
  try {
    await node.must(["mknod", device, "b", "7", device.replace("/dev/loop", "")]);
    await node.must(["mount", "-t", "btrfs", device, folder]);
  } finally {
    // The kernel keeps it until it is unmounted.
    await must(["losetup", "--detach", device]);
  }
  await must(["btrfs", "quota", "enable", node.hostPath(folder)]);
  await setLimit(node, folder, limitBytes);
  await node.must(["chown", `${owner}:${owner}`, folder]);
}

/** Gives it another limit. */
export async function setLimit(node: LabNode, folder: string, limitBytes: number): Promise<void> {
  await must(["btrfs", "qgroup", "limit", `${limitBytes}`, "0/5", node.hostPath(folder)]);
}
