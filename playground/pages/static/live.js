// Keeps #live equal to the world: asks twice a second, and is answered 204 while nothing changed.
"use strict";
const live = document.getElementById("live");
const folded = () => new Map([...live.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { "X-Live": live.dataset.version } });
    if (answer.status === 200) {
      const open = folded();
      live.innerHTML = await answer.text();
      live.dataset.version = answer.headers.get("X-Version");
      for (const [id, state] of open) {
        const found = document.getElementById(id);
        if (found) found.open = state;
      }
    }
  } catch {
    // The playground is away; it may come back.
  }
  setTimeout(look, 500);
}
setTimeout(look, 500);
document.getElementById("be").addEventListener("change", (event) => event.target.form.submit());
