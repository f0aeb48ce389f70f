/** The first page: two doors for visitors, the state of everything for members, the machines for administrators; and the settings. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { drawCards } from "./cards.js";
import { SettingsForm } from "./schemas.js";
import { changeSettings, readSettings } from "./settings.js";

declare module "fastify" {
  interface FastifyReply {
    /** Draws the page with the two doors; a mailbox typed in the wrong one is named. */
    landing(found?: { mailbox?: string }): Promise<FastifyReply>;
  }
}

const open = { config: { access: "public" as const } };
const admin = { config: { access: "admin" as const } };

/** Adds `reply.landing`, before any feature's pages. */
export function decorateLanding(app: FastifyInstance, services: Services): void {
  app.decorateReply("landing", async function landing(this: FastifyReply, found: { mailbox?: string } = {}) {
    const { webmailUrl } = await readSettings(services.db);
    const { next } = { ...(this.request.query as object), ...(this.request.body as object | undefined) } as { next?: unknown };
    return this.page("home/landing", {
      ...found,
      next: typeof next === "string" ? next.slice(0, 2000) : null,
      webmail: webmailUrl,
      webmailHost: webmailUrl && new URL(webmailUrl).host,
    });
  });
}

/** Adds the pages. */
export function addPages(app: FastifyInstance, services: Services): void {
  app.get("/", open, async (request, reply) => {
    if (!request.person) return reply.landing();
    if (request.person.actor.admin && request.person.accounts.length === 0) return drawAdmin(request, reply);
    const { cards, state } = await drawCards(request, services, "member");
    return reply.page("home/member", { cards, state, name: request.person.title });
  });
  app.get("/overview", admin, (request, reply) => drawAdmin(request, reply));
  const drawSettings = async (request: FastifyRequest, reply: FastifyReply) => reply.page("home/settings", { settings: await readSettings(request.ctx.db) });
  app.get("/settings", admin, drawSettings);
  app.post(
    "/settings",
    admin,
    form({
      schema: SettingsForm,
      async act(ctx, input) {
        await changeSettings(ctx, input);
        return { to: "/settings", says: "home.settings.saved" };
      },
      again: drawSettings,
    }),
  );

  async function drawAdmin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return reply.page("home/admin", await drawCards(request, services, "admin"));
  }
}
