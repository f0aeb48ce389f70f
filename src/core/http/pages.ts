/** `reply.page(view, data)`: a page in its frame, in the reader's language, with the menu that the reader's rights give. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access, Banner, MenuEntry } from "../feature.js";
import type { Services } from "../services.js";
import { LOCALES, type Locale, type Text } from "../text.js";
import { refusalOf } from "./access.js";
import { isApi } from "./api.js";
import { csrfToken } from "./csrf.js";
import { readFlash, registerFlash } from "./flash.js";
import { freshForm } from "./forms.js";
import type { PageFrame, ViewScope, Views } from "./views.js";

const LOCALE_COOKIE = "__Host-mutu-language";
const YEAR_SECONDS = 31_536_000;
const isLocale = (word: string): word is Locale => (LOCALES as readonly string[]).includes(word);
const LANGUAGE_NAMES: Record<Locale, string> = { fr: "Français", en: "English" };

declare module "fastify" {
  interface FastifyRequest {
    locale: Locale;
    /** What stands above the page. */
    banners: Banner[];
    /** Translates for the caller. */
    t(key: string, data?: Record<string, unknown>): string;
    /** Renders a part of a page, for live updates. */
    fragment(view: string, data: unknown): string;
  }
  interface FastifyReply {
    page(view: string, data?: object): FastifyReply;
    /** Remembers the language of a visitor. */
    rememberLocale(locale: Locale): FastifyReply;
  }
}

/** Registers translation, pages and messages that outlive a redirect. */
export function registerPages(app: FastifyInstance, services: Services, text: Text, views: Views): void {
  registerFlash(app);
  app.decorateRequest("formState", null);
  app.decorateRequest("banners", null as never);
  app.addHook("preHandler", async (request) => {
    request.banners = await bannersOf(request, services);
  });
  app.decorateRequest("locale", { getter: localeReader(services) });
  app.decorateRequest("t", function t(this: FastifyRequest, key: string, data?: Record<string, unknown>) {
    return text.translate(this.locale, key, data);
  });
  app.decorateRequest("fragment", function fragment(this: FastifyRequest, view: string, data: unknown) {
    return views.fragment(view, data, scopeWithoutForms(this));
  });
  app.decorateReply("rememberLocale", function rememberLocale(this: FastifyReply, locale: Locale) {
    return this.setCookie(LOCALE_COOKIE, locale, { path: "/", secure: true, httpOnly: true, sameSite: "lax", maxAge: YEAR_SECONDS });
  });
  app.decorateReply("page", function page(this: FastifyReply, view: string, data: object = {}) {
    const html = views.page(view, data, scopeOf(this, services, text));
    return this.type("text/html; charset=utf-8").header("cache-control", "no-store").send(html);
  });
}

/** A feature that cannot say what it has to say breaks nobody's page. */
async function bannersOf(request: FastifyRequest, services: Services): Promise<Banner[]> {
  if (!request.person || request.is404 || isApi(request)) return [];
  const asked = services.features.map(async (feature) => (await feature.banners?.(request.ctx, services)) ?? []);
  const told = await Promise.allSettled(asked);
  return told.flatMap((outcome) => {
    if (outcome.status === "fulfilled") return outcome.value;
    request.log.error({ err: outcome.reason }, "banner not drawn");
    return [];
  });
}

/** The user's own choice, else this browser's, else what the browser asks for, else the machine's. */
function localeReader(services: Services) {
  return function locale(this: FastifyRequest): Locale {
    const chosen = this.person?.locale ?? this.cookies?.[LOCALE_COOKIE];
    if (chosen && isLocale(chosen)) return chosen;
    return preferredLocale(this.headers["accept-language"]) ?? services.env.language;
  };
}

/** Reads Accept-Language (RFC 9110 §12.5.4) for one of our languages. */
export function preferredLocale(header: string | undefined): Locale | null {
  const wishes = (header ?? "").split(",").map((part, index) => {
    const [range = "", ...parameters] = part.trim().toLowerCase().split(";");
    const quality = parameters.map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1]).find(Boolean);
    return { language: range.split("-")[0] ?? "", quality: quality === undefined ? 1 : Number(quality), index };
  });
  const best = wishes.filter((wish) => wish.quality > 0 && isLocale(wish.language)).sort((a, b) => b.quality - a.quality || a.index - b.index)[0];
  return best ? (best.language as Locale) : null;
}

function scopeWithoutForms(request: FastifyRequest): ViewScope {
  const page = { locale: request.locale, path: pathOf(request), layout: "plain", query: {} };
  const csrf = () => {
    throw new Error("a live fragment cannot hold a form");
  };
  return { page, form: freshForm(), csrf };
}

function scopeOf(reply: FastifyReply, services: Services, text: Text): ViewScope {
  const { request } = reply;
  let token: string | undefined;
  return {
    page: frameOf(reply, services, text),
    form: request.formState ?? freshForm(),
    csrf: () => {
      token ??= csrfToken(reply);
      return token;
    },
  };
}

function frameOf(reply: FastifyReply, services: Services, text: Text): PageFrame {
  const { request } = reply;
  const { locale, person } = request;
  const path = pathOf(request);
  const frame: PageFrame = {
    locale,
    path,
    back: canGet(request) ? path : "/",
    layout: person ? "main" : "plain",
    query: (request.query ?? {}) as Record<string, string>,
    appearance: person?.appearance ?? "auto",
    languages: LOCALES.map((code) => ({ code, label: LANGUAGE_NAMES[code], current: String(code === locale) })),
    flash: flashOf(reply, text),
    banners: request.banners ?? [],
  };
  if (!person) return frame;
  return {
    ...frame,
    user: { login: person.actor.login, title: person.title, initial: [...person.title][0]?.toUpperCase() ?? "" },
    accounts: person.accounts.length > 1 ? person.accounts.map((account) => ({ ...account, current: account.id === person.accountId })) : null,
    menu: menuOf(request, services, path),
    atProfile: path === "/profile" || path.startsWith("/profile/"),
  };
}

function flashOf(reply: FastifyReply, text: Text): { kind: string; text: string } | null {
  const flash = readFlash(reply);
  return flash && { kind: flash.kind, text: text.translate(reply.request.locale, flash.key, flash.data) };
}

interface MenuLink {
  href: string;
  icon: string;
  label: string;
  current: string | null;
}

function menuOf(request: FastifyRequest, services: Services, path: string): { member: MenuLink[]; admin: MenuLink[] } {
  const entries = services.features.flatMap((feature) => feature.menu ?? []).sort((a, b) => a.position - b.position);
  const link = ({ href, icon, label }: MenuEntry): MenuLink => ({ href, icon, label: request.t(label), current: currentOf(href, path) });
  const visible = entries.filter((entry) => refusalOf(request.actor, accessOf(entry)) === null);
  const admin = visible.filter((entry) => entry.audience === "admin").map(link);
  // A page that both audiences have is shown to administrators once, among their own.
  const twice = new Set(admin.map(({ href }) => href));
  return { member: visible.filter((entry) => entry.audience === "member" && !twice.has(entry.href)).map(link), admin };
}

function accessOf(entry: MenuEntry): Access {
  if (entry.audience === "admin") return "admin";
  return entry.permission ? { permission: entry.permission } : "user";
}

/** `page` on the very page, `true` on the pages below it. */
function currentOf(href: string, path: string): string | null {
  if (href === path) return "page";
  return href !== "/" && path.startsWith(`${href}/`) ? "true" : null;
}

/** The answer to a form may stand at an address that cannot be visited. */
function canGet(request: FastifyRequest): boolean {
  const { url } = request.routeOptions;
  return request.method === "GET" || (url !== undefined && request.server.hasRoute({ method: "GET", url }));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
