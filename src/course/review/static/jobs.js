// Starts jobs, and shows how far they are. The server has them: this page may come and go.
"use strict";

const OFTEN = 700; // milliseconds between two looks while something runs
const SELDOM = 4000;
const STATES = { waiting: "waits", running: "runs", done: "done", failed: "failed", cancelled: "cancelled" };
const list = document.getElementById("jobs");
const told = document.getElementById("told");
const shown = new Map(); // elements by job
let timer;

async function look() {
  clearTimeout(timer);
  let jobs = [];
  try {
    ({ jobs } = await call("jobs"));
    if (told.classList.replace("bad", "good")) told.textContent = "";
  } catch (error) {
    say(`The server does not answer: ${error.message}`, true);
  }
  jobs.reverse().forEach(show); // the newest comes last and is put on top
  document.getElementById("none").hidden = shown.size > 0;
  const busy = jobs.some((job) => job.state === "waiting" || job.state === "running");
  timer = setTimeout(look, busy ? OFTEN : SELDOM);
}

function show(job) {
  if (!shown.has(job.id)) {
    const item = document.getElementById("job").content.cloneNode(true).firstElementChild;
    item.querySelector("h3").textContent = job.title;
    item.querySelector(".cancel").setAttribute("aria-label", `Cancel: ${job.title}`);
    item.querySelector(".cancel").addEventListener("click", () => cancel(job.id));
    item.querySelector("progress").setAttribute("aria-label", `How far it is: ${job.title}`);
    item.querySelector("pre").setAttribute("aria-label", `Output of: ${job.title}`);
    shown.set(job.id, item);
    list.prepend(item);
    if (!job.ended) item.querySelector("details").open = true;
  }
  const item = shown.get(job.id);
  const state = item.querySelector(".job-state");
  state.textContent = job.cancelling ? "is being cancelled" : STATES[job.state];
  state.className = `job-state ${job.state}`;
  item.querySelector(".cancel").hidden = job.ended !== null || job.cancelling;
  const bar = item.querySelector("progress");
  bar.hidden = job.ended !== null;
  const count = item.querySelector(".count");
  count.hidden = !job.progress;
  if (job.progress && job.progress.total) {
    bar.max = job.progress.total;
    bar.value = job.progress.done;
    count.textContent = `${job.progress.label}: ${job.progress.done} of ${job.progress.total}`;
  } else bar.removeAttribute("value");
  const output = item.querySelector("pre");
  const text = job.output.join("\n");
  if (output.textContent !== text) {
    const below = output.scrollHeight - output.scrollTop - output.clientHeight < 4;
    output.textContent = text;
    if (below) output.scrollTop = output.scrollHeight;
  }
  item.querySelector("details").hidden = !text;
}

function say(sentence, bad = false) {
  told.textContent = sentence;
  told.className = bad ? "bad" : "good";
}

async function start(action) {
  try {
    const { job } = await call("jobs", { action, lesson: document.getElementById("lesson").value });
    say(`${job.title}: ${job.state === "waiting" ? "it waits for its turn" : "it runs"}.`);
  } catch (error) {
    say(error.message, true);
  }
  look();
}

async function cancel(job) {
  try {
    await call("jobs/cancel", { job });
  } catch (error) {
    say(error.message, true);
  }
  look();
}

document.getElementById("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  start(event.submitter.value);
});
look();
