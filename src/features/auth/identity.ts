/** Answers core's question "who is calling?" from rows, anew at each request. */
import type { Actor } from "../../core/context.js";
import type { MembershipSource } from "../../core/feature.js";
import type { Appearance, Identity, Person } from "../../core/http/identity.js";
import type { Services } from "../../core/services.js";
import type { Locale } from "../../core/text.js";
import { beginSession, changeSession, endSession, findSession, sessionKey } from "./sessions.js";
import { findTokenUser } from "./tokens.js";

/** Makes what core asks of the feature that owns people. */
export function createIdentity(services: Services): Identity {
  const { db, clock } = services;
  const memberships = services.features.find((feature) => feature.memberships)?.memberships ?? nobodysMemberships;
  const personOf = async (userId: string, address: string, session: { id: string; accountId: string | null } | null): Promise<Person | null> => {
    const user = await db.user.findUnique({ where: { id: userId } });
    if (!user || user.disabledAt) return null;
    const accounts = await memberships.of(db, userId);
    const roles = new Map(accounts.map(({ accountId, role }) => [accountId, role]));
    const actor: Extract<Actor, { kind: "user" }> = { kind: "user", userId, login: user.login, admin: user.admin, address, memberships: roles };
    return {
      actor,
      title: user.name || user.login,
      locale: user.locale as Locale | null,
      appearance: user.appearance as Appearance,
      sessionId: session && sessionKey(session.id),
      accountId: session?.accountId && roles.has(session.accountId) ? session.accountId : null,
      accounts: accounts.map(({ accountId, name }) => ({ id: accountId, name })),
    };
  };
  return {
    findSession: (id) => findSession(db, clock.now(), id),
    saveSession: (id, row, begins) => (begins ? beginSession(db, clock.now(), id, row) : changeSession(db, id, row)),
    endSession: (id) => endSession(db, id),
    personOfSession: (id, row, address) => personOf(row.userId, address, { id, accountId: row.accountId }),
    async personOfToken(token, address) {
      const userId = await findTokenUser(db, clock.now(), token);
      return userId ? personOf(userId, address, null) : null;
    },
  };
}

/** Until a feature knows accounts, nobody is a member of any. */
const nobodysMemberships: MembershipSource = { of: async () => [] };
