/** Page of the names that nobody may host, and of the consents between accounts; for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { listAccounts } from "../accounts/index.js";
import { grantName, listConsents, revokeName } from "./claims.js";
import { displayName } from "./names.js";
import { addForbidden, listForbidden, removeForbidden } from "./policy.js";
import { ForbiddenInput, GrantInput, Nothing } from "./schemas.js";

const config = { access: "admin" } as const;
const MAX_CHOICES = 1000;

/** Mounts the pages. */
export function namePages(app: FastifyInstance): void {
  app.get("/domains/forbidden", { config }, drawForbidden);
  app.post(
    "/domains/forbidden",
    { config },
    form({
      schema: ForbiddenInput,
      async act(ctx, input) {
        const { name } = await addForbidden(ctx, input);
        return { to: "/domains/forbidden", says: "domains.forbidden.added", data: { name: displayName(name) } };
      },
      again: drawForbidden,
    }),
  );
  app.post(
    "/domains/forbidden/:name/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeForbidden(ctx, (request.params as { name: string }).name);
        return { to: "/domains/forbidden", says: "shell.saved" };
      },
      again: drawForbidden,
    }),
  );
  app.get("/domains/consents", { config }, drawConsents);
  app.post(
    "/domains/consents",
    { config },
    form({
      schema: GrantInput,
      async act(ctx, input) {
        await grantName(ctx, input);
        return { to: "/domains/consents", says: "shell.saved" };
      },
      again: drawConsents,
    }),
  );
  app.post(
    "/domains/consents/revoke",
    { config },
    form({
      schema: GrantInput,
      async act(ctx, input) {
        await revokeName(ctx, input);
        return { to: "/domains/consents", says: "shell.saved" };
      },
      again: drawConsents,
    }),
  );
}

async function drawForbidden(request: FastifyRequest, reply: FastifyReply) {
  const rows = await listForbidden(request.ctx);
  return reply.page("domains/forbidden", { names: rows.map((row) => ({ ...row, display: displayName(row.name) })) });
}

async function drawConsents(request: FastifyRequest, reply: FastifyReply) {
  const rows = await listConsents(request.ctx);
  const { rows: accounts } = await listAccounts(request.ctx, { take: MAX_CHOICES });
  return reply.page("domains/consents", {
    consents: rows.map((row) => ({ ...row, display: displayName(row.name) })),
    accounts: accounts.map(({ id, name }) => ({ value: id, label: name })),
  });
}
