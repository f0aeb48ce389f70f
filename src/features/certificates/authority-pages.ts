/** Pages and API of the authority that certificates are asked from; for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import type { AcmeAccount } from "../../generated/sqlite/client.js";
import { chooseAuthority, currentAccount, getAuthority, leaveAuthority, lookUpAuthority, SUGGESTED } from "./authorities.js";
import { budgetsOf } from "./budget.js";
import { Nothing } from "./forms.js";
import { readProblem } from "./problems.js";
import { AuthorityInput } from "./schemas.js";
import { problemText } from "./shown.js";

const PATH = "/certificates/authority";
const admin = { access: "admin" } as const;
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
/** The form says yes by a box that is ticked; what else is typed has the rules of the act. */
const AuthorityForm = Type.Object({
  directory: AuthorityInput.properties.directory,
  contact: AuthorityInput.properties.contact,
  termsAgreed: Type.Boolean({ default: false }),
  eabKeyId: Type.Optional(Type.String({ maxLength: 500 })),
  eabSecret: Type.Optional(Type.String({ maxLength: 500, pattern: "^[A-Za-z0-9_+/=-]*$", format: "password" })),
});

const AuthorityOutput = Type.Object({
  directory: nullable(Type.String()),
  contact: Type.String(),
  termsUrl: nullable(Type.String()),
  termsAgreedAt: nullable(Type.String()),
  eabKeyId: nullable(Type.String()),
  pausedUntil: nullable(Type.String()),
});

/** Mounts the pages. */
export function authorityPages(app: FastifyInstance, services: Services): void {
  const draw = (request: FastifyRequest, reply: FastifyReply) => drawAuthority(request, reply, services);
  app.get(PATH, { config: admin }, draw);
  app.post(
    PATH,
    { config: admin },
    form({
      schema: AuthorityForm,
      async act(ctx, input) {
        const account = await chooseAuthority(ctx, services, input);
        return { to: PATH, says: "certificates.authority.chosen", data: { name: new URL(account.directory).host } };
      },
      again: draw,
    }),
  );
  app.get(`${PATH}/leave`, { config: admin }, drawLeave);
  app.post(
    `${PATH}/leave`,
    { config: admin },
    form({
      schema: Nothing,
      async act(ctx) {
        await leaveAuthority(ctx);
        return { to: PATH, says: "certificates.authority.left" };
      },
      again: drawLeave,
    }),
  );
}

/** Mounts the API. */
export function authorityApi(app: FastifyInstance, services: Services): void {
  const answer = { 200: AuthorityOutput };
  app.get(PATH, { config: admin, schema: { response: answer } }, async (request) => bodyOf(await getAuthority(request.ctx)));
  app.put(PATH, { config: admin, schema: { body: AuthorityInput, response: answer } }, async (request) =>
    bodyOf(await chooseAuthority(request.ctx, services, request.body as AuthorityInput)),
  );
  app.delete(PATH, { config: admin, schema: { response: answer } }, async (request) => {
    await leaveAuthority(request.ctx);
    return bodyOf(null);
  });
}

function bodyOf(account: AcmeAccount | null) {
  return {
    directory: account?.directory ?? null,
    contact: account?.contact ?? "",
    termsUrl: account?.termsUrl ?? null,
    termsAgreedAt: account?.termsAgreedAt?.toISOString() ?? null,
    eabKeyId: account?.eabKeyId ?? null,
    pausedUntil: account?.pausedUntil?.toISOString() ?? null,
  };
}

async function drawAuthority(request: FastifyRequest, reply: FastifyReply, services: Services) {
  const { ctx } = request;
  const account = await getAuthority(ctx);
  const now = ctx.clock.now();
  const [orders] = account ? (await budgetsOf(ctx.db, account.directory, [], now)).filter(({ what }) => what === "orders") : [];
  return reply.page("certificates/authority", {
    account: account && {
      directory: account.directory,
      contact: account.contact,
      termsUrl: account.termsUrl,
      termsLink: linkOf(account.termsUrl),
      termsAgreedAt: account.termsAgreedAt,
      eabKeyId: account.eabKeyId,
      pausedUntil: account.pausedUntil !== null && account.pausedUntil > now ? account.pausedUntil : null,
      problem: problemText(request, readProblem(account.problem)),
      host: new URL(account.directory).host,
    },
    orders,
    terms: await termsOf(request, services),
    suggested: SUGGESTED,
  });
}

/** What has to be read before it is accepted, when that is what the form was refused for. */
async function termsOf(request: FastifyRequest, services: Services): Promise<{ text: string; link: string | null } | null> {
  const directory = (request.body as { directory?: unknown } | undefined)?.directory;
  if (request.formState?.errors["termsAgreed"] === undefined || typeof directory !== "string") return null;
  const { termsUrl } = await lookUpAuthority(request.ctx, services, directory);
  return termsUrl === null ? null : { text: termsUrl, link: linkOf(termsUrl) };
}

/** Only what a browser follows safely: the text is an authority's. */
function linkOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) && new URL(url).protocol === "https:" ? url : null;
}

async function drawLeave(request: FastifyRequest, reply: FastifyReply) {
  const account = await currentAccount(request.ctx.db);
  const count = await request.ctx.db.certificateSubject.count({ where: { source: "acme" } });
  return reply.page("certificates/leave", {
    host: account ? new URL(account.directory).host : "",
    consequences: [request.t("certificates.authority.leave_count", { count })],
  });
}
