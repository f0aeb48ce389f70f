/** The day-one strings of SECURITY.md, for every field that a person may fill. */
export const HOSTILE_STRINGS: readonly string[] = [
  "\n", "\r\n", "\t", ";", '"', "'", "{", "}", "%", "$", "\\", "\0", "\u2028", "\u2029", "a".repeat(300), "\u200f", "\u202e",
  "<script>alert(1)</script>", "%{HTTP_HOST}", "${jndi}", "../..", "--checkpoint-action=exec=x", "`id`", "|id",
];
