// Keeps the page of a run as true as the run: listens to its events and puts in what the server has escaped.
"use strict";

(function () {
  const KEPT = 4 * 1024 * 1024; // characters of one step's log that the page holds
  const source = document.body.dataset.events && new EventSource(document.body.dataset.events);
  if (!source) return;

  function atEnd(box) {
    return box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  }

  function trim(lines) {
    let size = Number(lines.dataset.size || 0);
    while (size > KEPT && lines.childNodes.length > 1) {
      size -= lines.firstChild.textContent.length;
      lines.firstChild.remove();
    }
    lines.dataset.size = String(size);
  }

  source.addEventListener("log", function (event) {
    const told = JSON.parse(event.data);
    const step = document.querySelector('details[data-step="' + Number(told.step) + '"]');
    if (!step) return;
    const box = step.querySelector("pre");
    const lines = step.querySelector(".lines");
    const follow = atEnd(box);
    if (told.lines) {
      const chunk = document.createElement("span");
      chunk.innerHTML = told.lines;
      lines.append(chunk);
      lines.dataset.size = String(Number(lines.dataset.size || 0) + chunk.textContent.length);
      trim(lines);
    }
    step.querySelector(".part").innerHTML = told.part;
    if (!step.dataset.opened) {
      step.dataset.opened = "yes";
      step.open = true;
    }
    if (follow) box.scrollTop = box.scrollHeight;
  });

  source.addEventListener("run", function (event) {
    const status = document.getElementById("status");
    const fresh = document.createElement("div");
    fresh.innerHTML = JSON.parse(event.data).html;
    const said = status.querySelector(".headline");
    const says = fresh.querySelector(".headline");
    // The live region stays the same element, so that a screen reader speaks only when the sentence changes.
    if (said && says) {
      if (said.textContent !== says.textContent) said.textContent = says.textContent;
      said.className = says.className;
      says.replaceWith(said);
    }
    status.replaceChildren(...fresh.childNodes);
  });

  // Nobody is known on this page: a command is sent where GitHub knows who sends it.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("button[data-command]");
    if (!button) return;
    if (navigator.clipboard) navigator.clipboard.writeText(button.dataset.command);
    window.open(button.dataset.conversation, "_blank", "noopener,noreferrer");
  });

  source.addEventListener("end", function () {
    source.close();
    document.body.dataset.ended = "yes";
  });
})();
