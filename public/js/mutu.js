/** Comfort on top of pages that work without it: local times, copy buttons, live chips, automatic switches. */

document.documentElement.classList.add("js");

const MAX_FILE_BYTES = 1024 * 1024 + 4;
const locale = document.documentElement.lang;

/** Shows UTC times in the reader's own zone; the title keeps the exact UTC moment. */
function localiseTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const style = element.dataset.style === "date" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
    element.title = element.textContent.trim();
    element.textContent = new Intl.DateTimeFormat(locale, style).format(moment);
    element.dataset.local = "";
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
}

/** A page that names a stream keeps its chips true: the server sends the HTML of the elements that changed, by their id. */
function follow(url) {
  const stream = new EventSource(url);
  stream.addEventListener("fragment", (event) => {
    const { id, html } = JSON.parse(event.data);
    const old = document.getElementById(id);
    if (!old) return;
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.firstElementChild;
    if (!fresh) return;
    fresh.id = id;
    old.replaceWith(fresh);
    localiseTimes(fresh);
  });
  stream.addEventListener("end", () => stream.close());
  addEventListener("pagehide", () => stream.close());
}

/** Puts a chosen file into a text field, where it can be read and corrected. Bytes that are no UTF-8 are written as zone files write bytes. */
async function fill(input) {
  const field = document.getElementById(input.dataset.fills);
  const file = input.files[0];
  if (!field || !file) return;
  // More than the server takes is sent cut: it says that it is too long.
  const bytes = new Uint8Array(await file.slice(0, MAX_FILE_BYTES).arrayBuffer());
  try {
    field.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    field.value = Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\${byte}`)).join("");
  }
}

document.addEventListener("change", (event) => {
  const input = event.target.closest?.("[data-fills]");
  if (input) fill(input).catch(() => {});
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button).catch(() => {});
});
document.addEventListener("htmx:after:swap", () => localiseTimes(document));

localiseTimes(document);
document.getElementById("form-errors")?.focus();
const stream = document.querySelector("[data-stream]");
if (stream) follow(stream.dataset.stream);
