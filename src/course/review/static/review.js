// The review pages' behaviour: one comment to a cluster, its undo, a filter. Pages are readable without it.
"use strict";

const base = document.body.dataset.base;
const lesson = document.body.dataset.lesson;

// A call to the server with the XSRF token of this page. Throws an Error whose message is for people, with the
// server's status and answer where there was one.
async function call(address, body) {
  const token = document.cookie.split("; ").find((part) => part.startsWith("_xsrf="))?.slice("_xsrf=".length);
  let response, answer;
  try {
    response = await fetch(base + "review/api/" + address, {
      method: body === undefined ? "GET" : "POST",
      headers: { "Content-Type": "application/json", "X-XSRFToken": decodeURIComponent(token ?? "") },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    answer = await response.json();
  } catch {
    throw new Error("The server does not answer. Is it running, and are you still logged in?");
  }
  if (!response.ok) {
    throw Object.assign(new Error(answer.message || response.statusText), { status: response.status, answer });
  }
  return answer;
}

const students = (number) => (number === 1 ? "1 student" : `${number} students`);

function say(text, bad = false) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.toggle("bad", bad);
  said.focus();
}

// What was done is told on the page as it is now.
function tellAfterReload(text) {
  sessionStorage.setItem("said", text);
  location.reload();
}

async function act(button, address, body, done) {
  button.disabled = true;
  try {
    const answer = await call(address, body);
    const kept = Object.entries(answer.kept).map(([student, reason]) => `${student} ${reason}.`);
    tellAfterReload([done(students(answer.changed.length)), ...kept.slice(0, 10)].join(" "));
  } catch (error) {
    say(error.message, true);
    button.disabled = false;
  }
}

const waiting = document.getElementById("said") && sessionStorage.getItem("said");
if (waiting) {
  sessionStorage.removeItem("said");
  say(waiting);
}

const give = document.getElementById("give");
give?.addEventListener("submit", (event) => {
  event.preventDefault();
  const points = give.querySelector("#points").value;
  const body = { ...give.dataset, comment: give.querySelector("#comment").value, points: points === "" ? null : +points };
  const address = `${encodeURIComponent(lesson)}/give`;
  act(give.querySelector("button"), address, body, (who) => `Given to ${who}. It shows when their feedback is made.`);
});

for (const button of document.querySelectorAll("[data-undo]")) {
  button.addEventListener("click", () => {
    const address = `${encodeURIComponent(lesson)}/undo/${button.dataset.undo}`;
    act(button, address, {}, (who) => `Undone for ${who}.`);
  });
}

for (const button of document.querySelectorAll(".use")) {
  button.addEventListener("click", () => {
    give.querySelector("#comment").value = button.dataset.comment;
    give.querySelector("#points").value = button.dataset.points;
    give.querySelector("#comment").focus();
  });
}

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.parentElement.querySelector("[role=status]").textContent = "Copied.";
  });
}

const filter = document.getElementById("filter");
filter?.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const row of document.getElementById("students").rows) {
    row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  document.getElementById("filtered").textContent = wanted ? students(shown) : "";
});
