/** Who is asked for proofs, and which name servers are the hosting's own. */
import type { Services } from "../../core/services.js";
import { readSettings } from "../dns/index.js";
import type { ProofSources } from "./proofs.js";

/** Gives the panel's sources of proofs. */
export async function proofSources({ db, resolver }: Services): Promise<ProofSources> {
  const { nameServers } = await readSettings(db);
  return { resolver, nameServers: nameServers.map(({ name }) => name) };
}
