/** Moments as PHP and Apache write them. Pure. */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MAX_ZONES = 50;

/** `28-Nov-2026 12:43:52 Europe/Paris`, of PHP; null: no moment, or a zone that nobody knows. */
export function phpMoment(text: string): Date | null {
  const [, day, month, year, hours, minutes, seconds, zone] = /^(\d\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([A-Za-z0-9_+/:-]{1,60})$/.exec(text) ?? [];
  const at = utc(year, month, day, hours, minutes, seconds);
  if (at === null || zone === undefined) return null;
  const offset = offsetOf(zone, at);
  return offset === null ? null : new Date(at - offset);
}

/** `28/Nov/2026:12:43:52 +0000`, of access logs. */
export function accessMoment(text: string): Date | null {
  const [, day, month, year, hours, minutes, seconds, sign, over, rest] = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
  const at = utc(year, month, day, hours, minutes, seconds);
  if (at === null) return null;
  return new Date(at - (sign === "-" ? -1 : 1) * (Number(over) * 60 + Number(rest)) * 60_000);
}

/** `2026-11-28 12:43:52.914630`, of Apache's error log; machines run in UTC. nginx says its zone: `2026-11-28T12:43:52+00:00`. */
export function errorMoment(text: string): Date | null {
  const [, date, time, zone = "Z"] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+|([+-]\d\d:\d\d))$/.exec(text) ?? [];
  const at = new Date(`${date}T${time}${zone}`);
  return date === undefined || Number.isNaN(at.getTime()) ? null : at;
}

/** Lines of several files, each in its own order. One without a moment stays with the line before it. */
export function newestFirst<Entry extends { at: Date | null }>(entries: readonly Entry[]): Entry[] {
  let last = Number.NEGATIVE_INFINITY;
  const timed = entries.map((entry) => {
    last = entry.at?.getTime() ?? last;
    return { entry, time: last };
  });
  return timed
    .reverse()
    .sort((a, b) => (a.time === b.time ? 0 : b.time - a.time))
    .map(({ entry }) => entry);
}

function utc(year?: string, month?: string, ...rest: (string | undefined)[]): number | null {
  const place = MONTHS.indexOf((month ?? "").toLowerCase());
  const [day, hours, minutes, seconds] = rest.map(Number);
  const at = place < 0 ? Number.NaN : Date.UTC(Number(year), place, day, hours, minutes, seconds);
  return Number.isNaN(at) ? null : at;
}

const zones = new Map<string, Intl.DateTimeFormat | null>();

/** Milliseconds by which a zone is ahead of UTC when its clocks show this. */
function offsetOf(zone: string, shown: number): number | null {
  if (zone === "UTC" || zone === "GMT") return 0;
  const clock = clockOf(zone);
  if (!clock) return null;
  const aheadAt = (moment: number) => {
    const part = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"], part["hour"], part["minute"], part["second"]) - moment;
  };
  // The second look is for the hours around a change of clocks.
  return aheadAt(shown - aheadAt(shown));
}

function clockOf(zone: string): Intl.DateTimeFormat | null {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  if (zones.size >= MAX_ZONES) zones.clear();
  let clock: Intl.DateTimeFormat | null = null;
  try {
    const number = "numeric" as const;
    clock = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      hourCycle: "h23",
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    });
  } catch {
    // A zone that a member made up.
  }
  zones.set(zone, clock);
  return clock;
}
