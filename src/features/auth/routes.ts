/** Pages of one's own: log in and out, language, account shown, profile, password, sessions, API keys. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form, lead } from "../../core/http/forms.js";
import { issueSession } from "../../core/http/sessions.js";
import type { Services } from "../../core/services.js";
import { ownAddress } from "./addresses.js";
import { browserName } from "./browsers.js";
import { logIn, looksLikeMailbox } from "./login.js";
import { changePassword, changeProfile, getProfile, recordLogout } from "./profile.js";
import { isFresh, requireProof } from "./proof.js";
import { LanguageInput, LoginInput, Nothing, PasswordInput, ProfileInput, SwitchInput, TokenInput } from "./schemas.js";
import { endOwnSession, listSessions } from "./sessions.js";
import { addToken, listTokens, revokeToken } from "./tokens.js";
import { normaliseEmail } from "./users.js";

const open = { config: { access: "public" as const } };
const own = { config: { access: "user" as const } };
const TOKEN_DAYS = [30, 90, 365];

/** Adds the pages. The landing page itself (`reply.landing`) belongs to the feature home. */
export function addOwnPages(app: FastifyInstance, _services: Services): void {
  addDoors(app);
  addProfilePages(app);
  addSessionPages(app);
  addTokenPages(app);
}

function addDoors(app: FastifyInstance): void {
  app.get("/login", open, async (request, reply) => (request.person ? reply.redirect("/", 303) : reply.landing()));
  app.post(
    "/login",
    open,
    form({
      schema: LoginInput,
      async act(ctx, input, request, reply) {
        if (looksLikeMailbox(input.login)) return reply.code(422).landing({ mailbox: input.login });
        const user = await logIn(ctx, input);
        await issueSession(request, user.id);
        return ownAddress(input.next) ?? "/";
      },
      again: (_request, reply) => reply.landing(),
    }),
  );
  app.post(
    "/logout",
    own,
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await recordLogout(ctx);
        await request.session.destroy();
        return { to: "/", says: "auth.logged_out" };
      },
      again: (_request, reply) => reply.redirect("/", 303),
    }),
  );
  app.post(
    "/language",
    open,
    form({
      schema: LanguageInput,
      async act(ctx, input, request, reply) {
        if (request.person) {
          const { email, name, appearance } = await getProfile(ctx);
          await changeProfile(ctx, { email, name, appearance: appearance as ProfileInput["appearance"], locale: input.locale });
        }
        reply.rememberLocale(input.locale);
        return ownAddress(input.back) ?? "/";
      },
      again: (_request, reply) => reply.redirect("/", 303),
    }),
  );
  app.post(
    "/account/switch",
    own,
    form({
      schema: SwitchInput,
      async act(_ctx, input, request) {
        const chosen = request.person?.accounts.find(({ id }) => id === input.account);
        request.session.accountId = chosen?.id ?? null;
        return ownAddress(input.back) ?? "/";
      },
      again: (_request, reply) => reply.redirect("/", 303),
    }),
  );
}

function addProfilePages(app: FastifyInstance): void {
  const draw = async (request: FastifyRequest, reply: FastifyReply) => {
    const option = (group: string) => (value: string) => ({
      value: value === "auto" && group === "locales" ? "" : value,
      label: request.t(`auth.${group}.${value}`),
    });
    return reply.page("auth/profile", {
      user: await getProfile(request.ctx),
      fresh: await isFresh(request),
      locales: ["auto", "fr", "en"].map(option("locales")),
      appearances: ["auto", "light", "dark"].map(option("appearances")),
    });
  };
  app.get("/profile", own, draw);
  app.post(
    "/profile",
    own,
    form({
      schema: ProfileInput,
      async act(ctx, input, request) {
        if ((await getProfile(ctx)).email !== normaliseEmail(input.email)) await requireProof(request, input.proof);
        await changeProfile(ctx, input);
        return { to: "/profile", says: "auth.profile.saved" };
      },
      again: draw,
    }),
  );
  const drawPassword = async (_request: FastifyRequest, reply: FastifyReply) => reply.page("auth/password");
  app.get("/profile/password", own, drawPassword);
  app.post(
    "/profile/password",
    own,
    form({
      schema: PasswordInput,
      async act(ctx, input, request) {
        await changePassword(ctx, input, request.person?.sessionId ?? null);
        return { to: "/profile/password", says: "auth.password.changed" };
      },
      again: drawPassword,
    }),
  );
}

function addSessionPages(app: FastifyInstance): void {
  app.get("/profile/sessions", own, async (request, reply) => {
    const sessions = await listSessions(request.ctx);
    const shown = sessions.map((session) => ({
      ...session,
      browser: browserName(session.browser, request.t.bind(request)),
      current: session.id === request.person?.sessionId,
    }));
    return reply.page("auth/sessions", { sessions: shown });
  });
  app.post<{ Params: { session: string } }>("/profile/sessions/:session/delete", own, async (request, reply) => {
    await endOwnSession(request.ctx, request.params.session);
    return lead(reply, { to: "/profile/sessions", says: "auth.sessions.ended" });
  });
}

function addTokenPages(app: FastifyInstance): void {
  const draw = async (request: FastifyRequest, reply: FastifyReply, secret?: string) => {
    const lifetimes = [
      ...TOKEN_DAYS.map((days) => ({ value: String(days), label: request.t("auth.tokens.days", { days }) })),
      { value: "", label: request.t("auth.tokens.no_end") },
    ];
    return reply.page("auth/tokens", { tokens: await listTokens(request.ctx), lifetimes, secret, fresh: await isFresh(request) });
  };
  app.get("/profile/tokens", own, (request, reply) => draw(request, reply));
  app.post(
    "/profile/tokens",
    own,
    form({
      schema: TokenInput,
      // Shown in the answer itself: a redirect would have to carry the secret through a cookie.
      async act(ctx, input, request, reply) {
        await requireProof(request, input.proof);
        return draw(request, reply, (await addToken(ctx, input)).secret.reveal());
      },
      again: (request, reply) => draw(request, reply),
    }),
  );
  app.post<{ Params: { token: string } }>("/profile/tokens/:token/delete", own, async (request, reply) => {
    await revokeToken(request.ctx, request.params.token);
    return lead(reply, { to: "/profile/tokens", says: "auth.tokens.revoked" });
  });
}
