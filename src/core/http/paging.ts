/** Lists in pages of twenty: `?q=&page=`. The same for pages and API. */
import { type TSchema, Type } from "typebox";

export const PAGE_SIZE = 20;
const MAX_PAGE = 100_000;

/** Query of a list. */
export const ListQuery = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 200 })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
});

/** What a list is asked for: words in lower case, and the window of rows. */
export interface Window {
  q: string;
  page: number;
  skip: number;
  take: number;
}

/** One page of rows, and how many there are in all. */
export interface Page<Row> {
  rows: Row[];
  total: number;
}

/** A page of rows with its neighbours' addresses, as the pager draws it. */
export interface PagedList<Row> extends Page<Row> {
  page: number;
  pages: number;
  several: boolean;
  previous: string | null;
  next: string | null;
}

/** Reads `?q=&page=`; nonsense means the first page of everything. */
export function windowOf(query: unknown): Window {
  const { q, page } = (query ?? {}) as { q?: unknown; page?: unknown };
  const number = Number(page);
  const wanted = Number.isInteger(number) && number >= 1 && number <= MAX_PAGE ? number : 1;
  const words = typeof q === "string" ? q.trim().normalize("NFC").toLowerCase().slice(0, 200) : "";
  return { q: words, page: wanted, skip: (wanted - 1) * PAGE_SIZE, take: PAGE_SIZE };
}

/** Completes a page with what the pager needs; `path` is the list's address, with a filter of its own (`?account=…`) at most. */
export function pagedList<Row>({ rows, total }: Page<Row>, window: Window, path: string): PagedList<Row> {
  const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const address = (page: number) => `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ ...(window.q && { q: window.q }), page: String(page) })}`;
  return {
    rows,
    total,
    page: window.page,
    pages,
    several: pages > 1,
    previous: window.page > 1 ? address(Math.min(window.page - 1, pages)) : null,
    next: window.page < pages ? address(window.page + 1) : null,
  };
}

/** Makes the answer schema of a list in the API. */
export function listAnswer<S extends TSchema>(item: S) {
  return Type.Object({ items: Type.Array(item), total: Type.Integer(), page: Type.Integer(), pages: Type.Integer() });
}

/** Makes the API's answer from a page of rows. */
export function listBody<Row>({ rows, total }: Page<Row>, window: Window): { items: Row[]; total: number; page: number; pages: number } {
  return { items: rows, total, page: window.page, pages: Math.max(1, Math.ceil(total / PAGE_SIZE)) };
}
