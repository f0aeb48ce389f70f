/** Chips of certificates, pushed to open pages. A certificate comes by a job, perhaps in another process: the rows are looked at, and what changed is sent. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { queryOf, subjectKey, viewsOf } from "./pages.js";
import { getSubject, listSubjects } from "./subjects.js";

const LOOK_MS = 2000;

type Fragments = Map<string, string>;

/** Answers with the chips of a list, as it was asked for. */
export function streamList(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { all } = request.query as { all?: string };
  const { window, accountId, state } = queryOf(request, all === "true");
  return streamOf(request, reply, async () => {
    const { rows } = await listSubjects(request.ctx, { ...window, ...(accountId ? { accountId } : {}), ...(state ? { state } : {}) });
    const views = await viewsOf(request, rows);
    return new Map(views.map(({ chip }) => [chip.id, request.fragment("certificates/chip", { chip })]));
  });
}

/** Answers with the state of one subject: its chip, its names, its certificate. */
export async function streamSubject(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { id } = await getSubject(request.ctx, subjectKey(request));
  return streamOf(request, reply, async () => {
    const [view] = await viewsOf(request, [await getSubject(request.ctx, id)]);
    const fragments: Fragments = new Map();
    if (!view) return fragments;
    fragments.set(view.chip.id, request.fragment("certificates/chip", { chip: view.chip }));
    fragments.set("certificate-names", request.fragment("certificates/names", { certificate: view }));
    fragments.set("certificate-facts", request.fragment("certificates/facts", { certificate: view }));
    return fragments;
  });
}

function streamOf(request: FastifyRequest, reply: FastifyReply, look: () => Promise<Fragments>): FastifyReply {
  return reply.events(async (send, signal) => {
    let before = await look();
    let timer: NodeJS.Timeout | undefined;
    const again = async (): Promise<void> => {
      try {
        const now = await look();
        for (const [id, html] of now) if (before.get(id) !== html) send("fragment", { id, html });
        before = now;
      } catch (error) {
        request.log.warn({ err: error }, "certificates not looked at");
      }
      plan();
    };
    const plan = (): void => {
      if (!signal.aborted) timer = setTimeout(() => void again(), LOOK_MS).unref();
    };
    signal.addEventListener("abort", () => clearTimeout(timer));
    plan();
  });
}
