// What Slack's own client does in modals: searches, tells of changes, and shows what the App changed.
"use strict";
const modal = document.getElementById("modal");
const json = { Accept: "application/json" };
document.body.classList.add("scripted");

function said(form, more) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  return body;
}

// Elements are known by their actions: while an answer is on its way, another modal can come with them.
const fieldOf = (action) => modal.querySelector(`.field[data-action="${CSS.escape(action)}"]`);

async function search(action) {
  const form = fieldOf(action)?.closest("form");
  if (!form) return;
  const body = said(form, { action_id: action });
  const answer = await fetch("/slack/do/suggest", { method: "POST", headers: json, body });
  if (!answer.ok) return;
  const { options } = await answer.json();
  const select = fieldOf(action)?.querySelector("select");
  if (!select) return;
  const kept = [...select.options].filter((option) => !option.value || option.selected);
  const found = options.map((it) => new Option(it.text.text, it.value));
  select.replaceChildren(...kept, ...found.filter((it) => !kept.some((old) => old.value === it.value)));
}

function tell(action) {
  const form = fieldOf(action)?.closest("form");
  if (!form) return;
  const body = said(form, { typed: action });
  fetch("/slack/do/type_in", { method: "POST", headers: json, body });
}

// A list is searched while one types; an element that asks for every character is told after a short rest.
const tellsAll = (field) => field.hasAttribute("data-live");
const waiting = {};
modal.addEventListener("input", (event) => {
  const field = event.target.closest(".field");
  const then = event.target.type === "search" ? search : field && tellsAll(field) ? tell : null;
  if (!then) return;
  const { action } = field.dataset;
  clearTimeout(waiting[action]);
  waiting[action] = setTimeout(then, 200, action);
});

modal.addEventListener("change", (event) => {
  const field = event.target.closest(".field");
  if (field && event.target.type !== "search" && !tellsAll(field)) tell(field.dataset.action);
});

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-close]")) event.target.closest("details").open = false;
});

// What is typed and not told yet survives, and the caret where it was.
async function renew(key) {
  modal.dataset.modal = key;
  const answer = await fetch("/slack/modal");
  if (answer.status !== 200) return;
  const html = await answer.text();
  const typed = [...modal.querySelectorAll("input[type=text], input[type=search], textarea")];
  const focused = document.activeElement;
  modal.innerHTML = html;
  const now = (old) => modal.querySelector(`[name="${CSS.escape(old.name)}"]`);
  for (const old of typed) if (old.value && now(old)) now(old).value = old.value;
  if (!focused?.name || !now(focused)) return;
  now(focused).focus();
  if (typed.includes(focused)) now(focused).setSelectionRange(focused.selectionStart, focused.selectionEnd);
}

new MutationObserver(() => {
  const marked = document.querySelector("#live [data-modal]");
  if (marked && marked.dataset.modal !== modal.dataset.modal) renew(marked.dataset.modal);
}).observe(document.getElementById("live"), { childList: true, subtree: true });
