/** Pages of plans, for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { addPlan, DEFAULT_PLAN, editPlan, getPlan, listPlans, makeDefaultPlan, removePlan } from "./plans.js";
import { Nothing, PlanInput } from "./schemas.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { plan: string }).plan;

/** Mounts the pages of plans. */
export function planPages(app: FastifyInstance): void {
  app.get("/plans", { config }, drawAll);
  app.get("/plans/new", { config }, drawNew);
  app.post(
    "/plans",
    { config },
    form({
      schema: PlanInput,
      async act(ctx, input) {
        const { name } = await addPlan(ctx, input);
        return { to: "/plans", says: "accounts.plans.added", data: { name } };
      },
      again: drawNew,
    }),
  );
  app.get("/plans/:plan", { config }, draw);
  app.post(
    "/plans/:plan",
    { config },
    form({
      schema: PlanInput,
      async act(ctx, input, request) {
        await editPlan(ctx, idOf(request), input);
        return { to: "/plans", says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.post(
    "/plans/:plan/default",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { name } = await makeDefaultPlan(ctx, idOf(request));
        return { to: "/plans", says: "accounts.plans.made_default", data: { name } };
      },
      again: draw,
    }),
  );
  app.post(
    "/plans/:plan/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removePlan(ctx, idOf(request));
        return { to: "/plans", says: "accounts.plans.removed" };
      },
      again: draw,
    }),
  );
}

async function drawAll(request: FastifyRequest, reply: FastifyReply) {
  const plans = await listPlans(request.ctx);
  return reply.page("accounts/plans", { plans: plans.map((plan) => ({ ...plan, accounts: plan._count.accounts })) });
}

async function drawNew(_request: FastifyRequest, reply: FastifyReply) {
  return reply.page("accounts/plan", { plan: { ...DEFAULT_PLAN, name: "" }, action: "/plans" });
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  const plan = await getPlan(request.ctx, idOf(request));
  return reply.page("accounts/plan", { plan, action: `/plans/${plan.id}`, known: true });
}
