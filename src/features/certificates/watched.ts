/** What is watched of certificates: that none ends within a week, neither a site's nor one of our own names. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import type { Services } from "../../core/services.js";
import { stepOf } from "./alerts.js";
import { panelCertificate } from "./panel-certificate.js";
import { LIVE } from "./subjects.js";

const DAYS = 7;
const DAY_MS = 86_400_000;
const READ_AT_ONCE = 1_000;
const NAMED = 3;

/** Checks of all certificates, and of the file that the panel itself shows. */
export async function watchCertificates(ctx: Context, services: Pick<Services, "env">): Promise<Check[]> {
  const now = ctx.clock.now();
  const soon = new Date(now.getTime() + DAYS * DAY_MS);
  const rows = await ctx.db.certificateSubject.findMany({
    where: { AND: [LIVE, { source: { not: "none" }, expiresAt: { lte: soon } }] },
    select: { title: true, current: { select: { notAfter: true, renewAt: true, source: true } } },
    orderBy: { expiresAt: "asc" },
    take: READ_AT_ONCE,
  });
  // One that lives for days only is always near its end: what counts is that its renewal is late.
  const late = rows.flatMap(({ title, current }) => {
    const step = current && stepOf(current, now);
    return step !== null && step <= DAYS ? [{ title, over: step === 0 }] : [];
  });
  return [sites(late), ...(await ownFile(now, services))];
}

function sites(late: readonly { title: string; over: boolean }[]): Check {
  const base = { name: "certificates", subject: "", href: "/certificates/overview?state=expiring" };
  if (late.length === 0) return { ...base, state: "ok", says: { key: "certificates.checks.ok", data: {} } };
  const over = late.filter((one) => one.over);
  const told = over.length > 0 ? over : late;
  const names = told.slice(0, NAMED).map(({ title }) => title);
  const data = { count: told.length, names: `${names.join(", ")}${told.length > NAMED ? "…" : ""}` };
  return {
    ...base,
    state: over.length > 0 ? "failing" : "warning",
    says: { key: over.length > 0 ? "certificates.checks.over" : "certificates.checks.soon", data },
    todo: { key: "certificates.checks.todo", data },
  };
}

async function ownFile(now: Date, { env }: Pick<Services, "env">): Promise<Check[]> {
  const own = await panelCertificate(env);
  if (own === null) return [];
  const left = own.notAfter.getTime() - now.getTime();
  const state = left <= 0 ? "failing" : left < DAYS * DAY_MS ? "warning" : "ok";
  const data = { at: own.notAfter.toISOString() };
  return [
    {
      ...{ name: "panel-certificate", subject: "", state, href: "/certificates/overview" },
      says: { key: state === "failing" ? "certificates.checks.panel_over" : "certificates.checks.panel", data },
      ...(state === "ok" ? {} : { todo: { key: "certificates.checks.panel_todo", data } }),
    },
  ];
}
