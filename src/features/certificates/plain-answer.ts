/** HTTP-01 on the panel's own plain port, as stateless as nginx's: what follows the path, and the thumbprint of our account (RFC 8555 §8.3). */
import type { Services } from "../../core/services.js";
import { currentAccount } from "./authorities.js";

const CHALLENGE = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{1,128})$/;

export function answerChallenge(services: Services): (path: string) => Promise<string | null> {
  return async (path) => {
    const token = CHALLENGE.exec(path)?.[1];
    if (token === undefined) return null;
    const account = await currentAccount(services.db);
    return account && `${token}.${account.thumbprint}`;
  };
}
