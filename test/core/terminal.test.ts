/** What others wrote moves no terminal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sayLine, showHidden } from "../../src/core/terminal.js";

test("nothing in a line moves a terminal, hides or turns the direction; words and what people read stay", (t) => {
  const hostile = "a\u001b]0;owned\u0007\tb\u009b2J\rc\u202eD\u200b";
  assert.equal(showHidden(hostile), "a\\u{1b}]0;owned\\u{7}\\u{9}b\\u{9b}2J\\u{d}c\\u{202e}D\\u{200b}");
  const written: string[] = [];
  t.mock.method(process.stdout, "write", (text: string) => written.push(text) > 0);
  sayLine(hostile);
  sayLine("élan : 1 « é » 中 🎉…");
  t.mock.restoreAll();
  assert.deepEqual(written, ["a\\u{1b}]0;owned\\u{7}\tb\\u{9b}2J\\u{d}c\\u{202e}D\\u{200b}\n", "élan : 1 « é » 中 🎉…\n"]);
});
