/** Readers of logs: every line is somebody else's text. What real programs write is read in test/daemons/logs.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createText, LOCALES } from "../../../src/core/text.js";
import { readAccess } from "../../../src/features/logs/accesses.js";
import { readErrors } from "../../../src/features/logs/apache-errors.js";
import { causeOf } from "../../../src/features/logs/causes.js";
import { accessMoment, errorMoment, phpMoment } from "../../../src/features/logs/moments.js";
import { readPhp } from "../../../src/features/logs/php-entries.js";
import { findTrouble } from "../../../src/features/logs/troubles.js";
import { visible } from "../../../src/features/logs/visible.js";

const HOME = { home: "/srv/mutu/homes/2001", folder: "www" };
const php = (...texts: string[]) => texts.map((text) => ({ site: "a.test", text }));
const PIECES = [
  "[28-Nov-2026 12:43:52 UTC] ",
  "PHP Fatal error:  ",
  "Uncaught ",
  "Error: ",
  " in /",
  ":7",
  " on line 3",
  "Stack trace:",
  "  thrown in /x on line 1",
  "'",
  '"',
  "[",
  "]",
  "\\",
  " ",
];
const line = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string(), fc.string({ unit: "binary" })), { maxLength: 30 }).map((parts) => parts.join(""));

test("no line makes a reader fail, and nothing of it reaches a page unseen", () => {
  const text = createText(new URL("../../../views", import.meta.url).pathname);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (texts) => {
      const lines = php(...texts);
      assert.equal(readAccess(lines).length, lines.length);
      assert.equal(readErrors(lines).length, lines.length);
      const trouble = findTrouble(lines, lines, HOME);
      if (trouble)
        for (const locale of LOCALES)
          for (const kind of ["causes", "hints"]) assert.notEqual(text.translate(locale, `logs.${kind}.${trouble.cause.code}`, trouble.cause.data), "");
      for (const one of texts) assert.doesNotMatch(visible(one), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 300 },
  );
});

test("long lines made to be searched for ever are read", () => {
  const bad = [
    " [ ".repeat(1300),
    `1.2.3.4 ${"[".repeat(3900)}`,
    `[28-Nov-2026 12:43:52 UTC] PHP Fatal error:  ${"SQLSTATE in /x(1) : ".repeat(190)}:1`,
    '"\\'.repeat(1900),
  ];
  const lines = Array.from({ length: 1000 }, (_, at) => ({ site: "a.test", text: bad[at % bad.length] as string }));
  assert.equal(readAccess(lines).length, 1000);
  assert.equal(readErrors(lines).length, 1000);
  assert.equal(findTrouble(lines, lines, HOME)?.line, 1);
});

test("moments: zones of PHP, offsets of accesses, UTC of Apache; nonsense is none", () => {
  assert.equal(phpMoment("28-Nov-2026 12:43:52 Europe/Paris")?.toISOString(), "2026-11-28T11:43:52.000Z");
  assert.equal(phpMoment("28-Jul-2026 12:43:52 Europe/Paris")?.toISOString(), "2026-07-28T10:43:52.000Z");
  assert.equal(phpMoment("28-Nov-2026 12:43:52 Nowhere/Else"), null);
  assert.equal(phpMoment("28-Nop-2026 12:43:52 UTC"), null);
  assert.equal(accessMoment("28/Nov/2026:12:43:52 -0330")?.toISOString(), "2026-11-28T16:13:52.000Z");
  assert.equal(errorMoment("2026-11-28 12:43:52.914630")?.toISOString(), "2026-11-28T12:43:52.000Z");
  assert.equal(errorMoment("2026-11-28T12:43:52+01:00")?.toISOString(), "2026-11-28T11:43:52.000Z");
  for (const none of ["2026-99-28 12:43:52.1", "2026-11-28T12:43:52", "2026-11-28T12:43:52+99:00"]) assert.equal(errorMoment(none), null, none);
});

test("what nginx refused is told with its limit or its target; words that do not have it have no sentence", () => {
  const text = createText(new URL("../../../views", import.meta.url).pathname);
  const said = (words: string) => {
    const [entry] = readErrors(php(`[2026-11-28T12:43:52+00:00] [nginx:error] [client 192.0.2.1] ${words}`));
    const { code = null, data = {}, client } = entry ?? {};
    assert.equal(client, "192.0.2.1");
    return code === null ? null : LOCALES.map((locale) => text.translate(locale, `logs.apache.${code}`, data));
  };
  const asked = '"POST /a HTTP/1.1"';
  assert.match(String(said(`MUTU11: request body of 99 bytes: at most 20 MB are taken: ${asked}`)), /20 MB.*20 Mo|20 Mo.*20 MB/);
  assert.match(String(said(`MUTU12: too many at once: at most 5 of this name, 40 of one visitor: ${asked}`)), /at most 5 at once .* 40 from/);
  for (const number of [16, 17, 20])
    assert.match(
      String(said(`MUTU${number}: not reached: http://[2001:db8::5]:8080: "GET /https://evil.example: HTTP/1.1"`)),
      /, http:\/\/\[2001:db8::5\]:8080, /,
    );
  for (const number of [13, 14, 15, 18, 19]) assert.ok(said(`MUTU${number}: words: ${asked}`)?.every((sentence) => /\(\d{3}\)/.test(sentence)));
  for (const number of [11, 12, 16, 17, 20]) assert.equal(said(`MUTU${number}: words: ${asked}`), null);
});

test("lines of two files are told by their moments; one without stays with the line before it", () => {
  const at = (time: string, request: string) => `192.0.2.1 - [28/Nov/2026:12:00:${time} +0000] "GET ${request} HTTP/1.1" 200 5 "-" "-" 9`;
  const lines = php(at("01", "/1"), at("03", "/3"), "cut", at("05", "/5"), at("02", "/2"), at("05", "/6"));
  assert.deepEqual(
    readAccess(lines).map(({ request }) => /\/\d/.exec(request)?.[0] ?? request),
    ["/6", "/5", "cut", "/3", "/2", "/1"],
  );
});

test("a message that came through Apache is read as one from PHP's own log; the later of both is told", () => {
  const own = php("[28-Nov-2026 12:00:00 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function old() in /srv/mutu/homes/2001/www/a.php:3");
  const words =
    'PHP message: PHP Warning:  slight in /srv/mutu/homes/2001/www/b.php on line 1PHP message: PHP Fatal error:  Uncaught Error: Class "Neuf" not found in /srv/mutu/homes/2001/lib/b.php:9\\nStack trace:\\n#0 {main}\\n  thrown in /srv/mutu/homes/2001/lib/b.php on line 9';
  const errors = php(`[2026-11-28 12:00:01.1] [proxy_fcgi:error] [pid 1] [client 192.0.2.1] AH01071: Got error '${words}'`);
  const trouble = findTrouble(own, errors, HOME);
  assert.deepEqual(
    [trouble?.cause, trouble?.file, trouble?.line, trouble?.trace],
    [{ code: "class_missing", data: { name: "Neuf" } }, "~/lib/b.php", 9, ["#0 {main}"]],
  );
  assert.equal(findTrouble(own, [], HOME)?.cause.code, "function_unknown");
});

test("what a program only writes is no end of it; a full disk or quota is trouble though nothing ended", () => {
  assert.equal(readPhp(php("[28-Nov-2026 12:00:00 UTC] PHP Fatal error:  my own words"))[0]?.level, "own");
  assert.equal(findTrouble(php("[28-Nov-2026 12:00:00 UTC] PHP Warning:  slight in /srv/x.php on line 1", "[28-Nov-2026 12:00:00 UTC] words"), [], HOME), null);
  const quota = php(
    "[28-Nov-2026 12:00:00 UTC] PHP Notice:  file_put_contents(): Write of 9 bytes failed with errno=122 Disk quota exceeded in /srv/mutu/homes/2001/www/a.php on line 4",
  );
  assert.deepEqual(findTrouble(quota, [], HOME)?.cause.code, "quota");
  for (const message of [
    "Uncaught mysqli_sql_exception: Access denied for user 'amis'@'localhost' (using password: YES)",
    "Uncaught PDOException: SQLSTATE[HY000] [1045] Access denied for user 'amis'@'localhost'",
  ])
    assert.equal(causeOf({ level: "fatal", message }).code, "database_denied");
  assert.equal(causeOf({ level: "fatal", message: "Uncaught PDOException: SQLSTATE[HY000] [1049] Unknown database 'amis'" }).code, "database_unknown");
});
