// The queue of written answers. The gradebook says what was given; what could not be handed over is kept in this
// browser until it was, also when the page is closed.
"use strict";

const queue = document.getElementById("queue");
const { lesson, exercise } = queue.dataset;
const most = Number(queue.dataset.most);
const place = `written/${encodeURIComponent(lesson)}/${encodeURIComponent(exercise)}`;
const draftPrefix = `course-review/draft/${lesson}/${exercise}/`;
const undoName = `course-review/undo/${lesson}/${exercise}`;
const anonymousName = "course-review/anonymous";
const TRY_AGAIN = 3000; // milliseconds
const COMMENT_REST = 800; // of the keyboard, before a comment is handed over

const element = (id) => document.getElementById(id);
const lines = [...queue.querySelectorAll(".lines > li")];
const worth = lines.map((line) => Number(line.dataset.points));

let answers = [];
let at = 0;
const texts = new Map(); // HTML by answer
let undos = JSON.parse(sessionStorage.getItem(undoName) || "[]"); // [{id, mark}], the marks before
let conflict = null; // {id, mine}

// -- marks ----------------------------------------------------------------------------------------------------------

const same = (a, b) => a.points === b.points && a.comment === b.comment && String(a.shares) === String(b.shares);
const shown = () => answers[at];
const markOf = (answer) => draft(answer.id)?.mark ?? answer.mark;

function draft(id) {
  return JSON.parse(localStorage.getItem(draftPrefix + id) || "null");
}

// Give the answer a mark: on the screen and in the draft at once, in the gradebook as soon as the server has it.
function give(answer, mark, { undoable = true } = {}) {
  const before = markOf(answer);
  if (same(before, mark)) return;
  if (undoable) remember({ id: answer.id, mark: before });
  keep(answer, mark, draft(answer.id)?.seen ?? answer.mark, draft(answer.id)?.sent);
  if (conflict?.id === answer.id) conflict.mine = mark;
  render();
  hand();
}

// sent: a mark that was on its way to the server; whether it arrived is not known until the server has said so.
function keep(answer, mark, seen, sent) {
  localStorage.setItem(draftPrefix + answer.id, JSON.stringify({ mark, seen, sent }));
}

function remember(step) {
  undos = [...undos, step].slice(-100);
  sessionStorage.setItem(undoName, JSON.stringify(undos));
}

async function undo() {
  const step = undos.at(-1);
  const index = answers.findIndex((answer) => answer.id === step?.id);
  undos = undos.slice(0, -1);
  sessionStorage.setItem(undoName, JSON.stringify(undos));
  if (index < 0) return render();
  if (index !== at) await show(index);
  give(answers[index], step.mark, { undoable: false });
  fillComment(answers[index]);
}

function sharesOf(mark) {
  return mark.shares.length === lines.length ? [...mark.shares] : lines.map(() => 0);
}

function giveLine(number, share) {
  const mark = markOf(shown());
  const shares = sharesOf(mark);
  shares[number] = shares[number] === share ? 0 : share;
  const points = shares.reduce((sum, part, i) => sum + part * worth[i], 0);
  const none = shares.every((part) => part === 0);
  give(shown(), { ...mark, shares, points: none ? null : Math.min(most, Math.round(points * 1e4) / 1e4) });
}

function givePoints(points) {
  give(shown(), { ...markOf(shown()), shares: [], points });
}

// The comment box belongs to one answer, which may no longer be the one that is shown.
function fillComment(answer) {
  element("comment").dataset.of = answer.id;
  element("comment").value = markOf(answer).comment;
}

function takeComment() {
  const box = element("comment");
  const answer = answers.find((one) => one.id === box.dataset.of);
  if (answer) give(answer, { ...markOf(answer), comment: box.value });
}

// -- handing over ---------------------------------------------------------------------------------------------------

const drafts = () => answers.filter((answer) => draft(answer.id) && answer.id !== conflict?.id);
let handing = false;

// Hand over every draft, one at a time, until there is none.
async function hand() {
  if (handing) return;
  handing = true;
  let refused = false;
  let sentAny = false;
  try {
    for (let answer; (answer = drafts()[0]); ) {
      const sent = draft(answer.id);
      keep(answer, sent.mark, sent.seen, sent.mark);
      sentAny = true;
      tell("Saving…");
      try {
        const { mark, seen } = sent;
        const told = await call(`${place}/${answer.id}`, { mark, seen, anonymous: isAnonymous() });
        settle(answer, told.answer, sent);
      } catch (error) {
        if (error.status === 409) meet(answer, error, sent);
        else if (error.status === 400) refused = refuse(answer, error);
        else {
          tell(`Not saved yet: ${error.message}. It is kept in this browser, and tried again.`, true);
          setTimeout(hand, TRY_AGAIN);
          return;
        }
      }
    }
    if (sentAny && !conflict && !refused) tell("Everything is in the gradebook.");
  } finally {
    handing = false;
    render();
  }
}

// The server has it. What was given meanwhile stays a draft, on top of what the server has now.
function settle(answer, told, sent) {
  Object.assign(answer, told);
  const now = draft(answer.id);
  if (now && !same(now.mark, sent.mark)) keep(answer, now.mark, answer.mark);
  else localStorage.removeItem(draftPrefix + answer.id);
}

function refuse(answer, error) {
  localStorage.removeItem(draftPrefix + answer.id);
  tell(`Not saved: ${error.message}`, true);
  if (answer === shown()) fillComment(answer);
  return true;
}

// Somebody else was first: nothing is written over until the person says which mark holds. If it was this very page,
// whose mark arrived although the answer to it did not, there is nothing to decide.
function meet(answer, error, sent) {
  Object.assign(answer, error.answer.answer);
  const mine = draft(answer.id)?.mark ?? sent.mark;
  const mineArrived = [sent.sent, sent.mark].some(
    (mark) => mark && mark.points === answer.mark.points && mark.comment === answer.mark.comment,
  );
  if (mineArrived) return keep(answer, mine, answer.mark);
  conflict = { id: answer.id, mine };
  const { points, comment } = conflict.mine;
  const yours = `${points ?? "no"} points${comment ? `, “${comment.slice(0, 200)}”` : ""}`;
  element("conflict").querySelector("p").textContent = `${answerName(answer)}: ${error.message}. Yours: ${yours}.`;
  tell("");
}

function decide(mine) {
  const answer = answers.find((one) => one.id === conflict.id);
  if (mine) keep(answer, conflict.mine, answer.mark);
  else localStorage.removeItem(draftPrefix + answer.id);
  conflict = null;
  if (answer === shown()) fillComment(answer);
  render();
  hand();
}

function tell(sentence, bad = false) {
  element("saved").textContent = sentence;
  element("saved").classList.toggle("bad", bad);
}

// -- showing --------------------------------------------------------------------------------------------------------

const isAnonymous = () => localStorage.getItem(anonymousName) === "1";
const answerName = (answer) => answer.name ?? `Answer ${answers.indexOf(answer) + 1}`;
const isWaiting = (answer) => (draft(answer.id) ? draft(answer.id).mark.points === null : answer.waits);

async function load() {
  const told = await call(`${place}?anonymous=${isAnonymous() ? "1" : ""}`);
  answers = told.answers;
  element("anonymous").checked = isAnonymous();
  element("empty").hidden = answers.length > 0;
  queue.hidden = answers.length === 0;
  if (!answers.length) return;
  const wanted = answers.findIndex((answer) => answer.id === location.hash.slice(1));
  await show(wanted >= 0 ? wanted : Math.max(0, answers.findIndex(isWaiting)));
  hand();
}

async function show(index) {
  takeComment();
  at = index;
  const answer = shown();
  history.replaceState(null, "", `#${answer.id}`);
  fillComment(answer);
  render();
  const before = element("comment").value;
  const told = await call(`${place}/${answer.id}?anonymous=${isAnonymous() ? "1" : ""}`);
  texts.set(answer.id, told.html);
  if (!draft(answer.id)) Object.assign(answer, told.answer);
  if (answer !== shown()) return;
  if (element("comment").value === before) fillComment(answer);
  render();
  scrollTo({ top: 0 });
}

function render() {
  const answer = shown();
  if (!answer) return;
  const mark = markOf(answer);
  const shares = sharesOf(mark);
  element("who").textContent = answerName(answer);
  element("place").textContent =
    `${at + 1} of ${answers.length}, ${answers.filter(isWaiting).length} wait` + (answer.flagged ? ", flagged" : "");
  element("state").textContent = stateOf(answer, mark);
  const text = element("text");
  if (text.dataset.of !== answer.id || !texts.has(answer.id) || !text.dataset.whole) {
    text.dataset.of = answer.id;
    text.dataset.whole = texts.has(answer.id) ? "yes" : "";
    if (!texts.has(answer.id)) text.textContent = "…";
    else if (texts.get(answer.id)) text.innerHTML = texts.get(answer.id); // sanitised by the server
    else text.textContent = "(nothing)";
  }
  lines.forEach((line, i) => {
    line.querySelector(".whole").setAttribute("aria-pressed", String(shares[i] === 1));
    line.querySelector(".half").setAttribute("aria-pressed", String(shares[i] === 0.5));
  });
  if (document.activeElement !== element("points")) element("points").value = mark.points ?? "";
  element("flag").setAttribute("aria-pressed", String(answer.flagged));
  element("previous").disabled = at === 0;
  element("next").disabled = at === answers.length - 1;
  element("waiting").disabled = !answers.some((one, i) => i !== at && isWaiting(one));
  element("undo").disabled = undos.length === 0;
  element("conflict").hidden = !conflict;
}

function stateOf(answer, mark) {
  if (mark.points !== null) return `${mark.points} of ${most} points, given by a person`;
  if (answer.automatic !== null) return `${answer.automatic} of ${most} points: nothing was written`;
  return "Waits for points";
}

function step(by) {
  if (answers[at + by]) show(at + by);
}

function nextWaiting() {
  takeComment();
  const order = [...answers.keys()].map((i) => (at + 1 + i) % answers.length);
  const next = order.find((i) => i !== at && isWaiting(answers[i]));
  if (next === undefined) tell("No other answer waits.");
  else show(next);
}

async function flag() {
  const answer = shown();
  try {
    const told = await call(`${place}/${answer.id}`, { flagged: !answer.flagged, anonymous: isAnonymous() });
    answer.flagged = told.answer.flagged;
  } catch (error) {
    tell(`Not flagged: ${error.message}`, true);
  }
  render();
}

async function hideNames(hide) {
  takeComment();
  localStorage.setItem(anonymousName, hide ? "1" : "");
  await load();
}

// -- keys and buttons -----------------------------------------------------------------------------------------------

const KEYS = {
  j: () => step(1),
  ArrowRight: () => step(1),
  k: () => step(-1),
  ArrowLeft: () => step(-1),
  Enter: nextWaiting,
  f: flag,
  u: undo,
  0: () => givePoints(0),
  a: () => hideNames(!isAnonymous()),
  c: () => element("comment").focus(),
  p: () => {
    element("points").focus();
    element("points").select();
  },
  "?": () => (element("keys").open = !element("keys").open),
};

function pressed(event) {
  if (queue.hidden || event.isComposing) return;
  if (event.target.matches("textarea, input:not([type=checkbox])")) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target === element("points"))) event.target.blur();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.blur();
      nextWaiting();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.closest("button, a, summary, input")) return; // its own key
  const line = Number(/^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? 0);
  if (line) {
    if (line <= lines.length) giveLine(line - 1, event.shiftKey ? 0.5 : 1);
  } else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key]();
  else return;
  event.preventDefault();
}

let rest;
document.addEventListener("keydown", pressed);
element("previous").addEventListener("click", () => step(-1));
element("next").addEventListener("click", () => step(1));
element("waiting").addEventListener("click", nextWaiting);
element("flag").addEventListener("click", flag);
element("undo").addEventListener("click", undo);
element("none").addEventListener("click", () => givePoints(0));
element("theirs").addEventListener("click", () => decide(false));
element("mine").addEventListener("click", () => decide(true));
element("anonymous").addEventListener("change", (event) => hideNames(event.target.checked));
element("points").addEventListener("change", (event) => {
  const { value, validity } = event.target;
  if (validity.valid) givePoints(value === "" ? null : Number(value));
  else tell(`Points go from 0 to ${most}.`, true);
});
element("points").addEventListener("blur", render);
element("comment").addEventListener("input", () => {
  clearTimeout(rest);
  rest = setTimeout(takeComment, COMMENT_REST);
});
element("comment").addEventListener("blur", takeComment);
lines.forEach((line, i) => {
  line.querySelector(".whole").addEventListener("click", () => giveLine(i, 1));
  line.querySelector(".half").addEventListener("click", () => giveLine(i, 0.5));
});
addEventListener("pagehide", takeComment);
addEventListener("beforeunload", (event) => {
  takeComment();
  if (drafts().length) event.preventDefault();
});

load().catch((error) => {
  element("empty").hidden = false;
  element("empty").textContent = `The answers could not be loaded: ${error.message}`;
});
