"use strict";
// Shows the items of a kit one by one, keeps the answers in the browser and hands them out as CSV.
// It knows nothing about which pictures are real.

const kit = JSON.parse(document.getElementById("kit").textContent);
const COLUMNS = ["kit", "reader", "item", "shown", "judgement", "type", "milliseconds"];
const JUDGEMENTS = [
  { name: "real", title: "Real", key: "r" },
  { name: "fake", title: "Fake", key: "f" },
];
const BACK = ["b", "u", "Backspace", "ArrowLeft"];
const asksType = kit.types.length > 0;
const items = new Map(kit.items.map((item) => [item.item, item]));
const element = (id) => document.getElementById(id);

// The session of one reader: the order of the items, the answers by item, and the place in the order.
let session = null;
// The clock of the item on show: the time seen so far, and since when it runs (null while it stands still).
let clock = { seen: 0, since: null };

// Keeping answers. Some browsers refuse storage to files and private windows; then they live as long as the page.
const kept = new Map();
const place = (reader) => `smearsynth-kit ${kit.kit} ${reader}`;

function store(reader, answers) {
  const text = JSON.stringify(answers);
  kept.set(place(reader), text);
  try {
    localStorage.setItem(place(reader), text);
  } catch {
    element("unkept").hidden = false;
  }
}

function stored(reader) {
  let text = null;
  try {
    text = localStorage.getItem(place(reader));
  } catch {
    element("unkept").hidden = false;
  }
  return JSON.parse(text ?? kept.get(place(reader)) ?? "{}");
}

function readers() {
  const names = new Set(kept.keys());
  try {
    Object.keys(localStorage).forEach((name) => names.add(name));
  } catch {
    element("unkept").hidden = false;
  }
  const start = place("");
  return [...names].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length)).sort();
}

// Random numbers that belong to a text (mulberry32 on an FNV-1a hash): a reader meets the same order after a reload.
function randomness(text) {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(values, random) {
  const found = [...values];
  for (let last = found.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [found[last], found[other]] = [found[other], found[last]];
  }
  return found;
}

// A random order of the reader's own in which an item that is repeated lies in the first half and its repeat in the last quarter.
function ordered(reader) {
  const random = randomness(`${kit.kit} ${reader}`);
  const repeats = kit.items.filter((item) => item.again).map((item) => item.item);
  const twice = new Set(kit.items.map((item) => item.again));
  const firsts = shuffled(kit.items.filter((item) => !item.again).map((item) => item.item), random);
  const early = firsts.filter((item) => twice.has(item));
  const others = firsts.filter((item) => !twice.has(item));
  const half = Math.max(Math.ceil(firsts.length / 2) - early.length, 0);
  const second = others.slice(half);
  const middle = Math.floor(second.length / 2);
  return [
    ...shuffled([...early, ...others.slice(0, half)], random),
    ...second.slice(0, middle),
    ...shuffled([...second.slice(middle), ...repeats], random),
  ];
}

// Answers
const isComplete = (answer) => Boolean(answer?.judgement && (answer.type || !asksType));
const answered = () => session.order.filter((item) => isComplete(session.answers[item])).length;
const current = () => session.order[session.at];

function csv() {
  const lines = session.order.flatMap((item, at) => {
    const answer = session.answers[item];
    if (!isComplete(answer)) return [];
    return [[kit.kit, session.reader, item, at + 1, answer.judgement, answer.type ?? "", answer.milliseconds]];
  });
  return [COLUMNS, ...lines].map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `answers_${kit.kit}_${session.reader}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function answer(part, value) {
  const item = current();
  const before = session.answers[item] ?? {};
  const now = { ...before, [part]: value };
  if (!isComplete(before) && isComplete(now)) now.milliseconds = Math.round(elapsed());
  session.answers[item] = now;
  store(session.reader, session.answers);
  if (isComplete(before) || !isComplete(now)) return draw();
  const done = answered();
  if (done === session.order.length) return end();
  if (kit.break_every && done % kit.break_every === 0) return pause(done);
  go(1);
}

// The clock counts only while the picture can be seen.
function elapsed() {
  return clock.seen + (clock.since === null ? 0 : performance.now() - clock.since);
}

function runClock(runs) {
  clock = { seen: elapsed(), since: runs ? performance.now() : null };
}

// Views
function view(name) {
  for (const id of ["start", "reading", "pause", "end"]) element(id).hidden = id !== name;
}

function go(step) {
  session.at = Math.min(Math.max(session.at + step, 0), session.order.length - 1);
  show();
}

async function show() {
  view("reading");
  const item = current();
  const picture = element("picture");
  clock = { seen: 0, since: null };
  picture.src = items.get(items.get(item).again ?? item).picture;
  draw();
  try {
    await picture.decode();
  } catch {
    // A newer picture has taken its place.
  }
  if (current() === item && !element("reading").hidden && !document.hidden) clock.since = performance.now();
  picture.style.setProperty("--most", `${Math.max(512, 4 * picture.naturalWidth)}px`);
}

function draw() {
  const total = session.order.length;
  const done = answered();
  const chosen = session.answers[current()] ?? {};
  document.querySelectorAll("#judgements button").forEach((b) => b.setAttribute("aria-pressed", b.value === chosen.judgement));
  document.querySelectorAll("#types button").forEach((b) => b.setAttribute("aria-pressed", b.value === chosen.type));
  element("picture").alt = `Picture ${session.at + 1} of ${total}`;
  element("count").textContent = `${session.at + 1} of ${total}`;
  element("bar").style.width = `${(100 * done) / total}%`;
  const bar = document.querySelector(".progress");
  bar.setAttribute("aria-valuemax", total);
  bar.setAttribute("aria-valuenow", done);
  element("back").disabled = session.at === 0;
  element("next").disabled = !isComplete(chosen);
}

function forward() {
  if (!isComplete(session.answers[current()])) return;
  if (session.at === session.order.length - 1) {
    if (answered() === session.order.length) end();
    return;
  }
  go(1);
}

function pause(done) {
  runClock(false);
  element("pause-text").textContent = `${done} of ${session.order.length} are answered. Your answers are kept.`;
  view("pause");
  element("continue").focus();
}

function end() {
  runClock(false);
  element("copy").value = csv();
  view("end");
  element("save-all").focus();
}

function start() {
  const word = kit.show === "cells" ? "a single blood cell" : "a piece of a blood smear";
  const about = `You will see ${kit.items.length} pictures. Each shows ${word}. Half of them were taken through a microscope, ` +
    "half were drawn by a computer program, in random order. A few may come twice.";
  element("intro").textContent = about;
  element("ask-type").hidden = !asksType;
  element("type-section").hidden = !asksType;
  element("earlier").replaceChildren(
    ...readers().map((reader) => {
      const button = document.createElement("button");
      const done = Object.values(stored(reader)).filter(isComplete).length;
      button.type = "button";
      button.textContent = `Go on as ${reader} (${done} of ${kit.items.length})`;
      button.onclick = () => begin(reader);
      return button;
    }),
  );
  view("start");
}

function begin(name) {
  const reader = name.toLowerCase();
  const order = ordered(reader);
  session = { reader, order, answers: stored(reader), at: 0 };
  store(reader, session.answers);
  session.at = order.findIndex((item) => !isComplete(session.answers[item]));
  if (session.at < 0) {
    session.at = order.length - 1;
    return end();
  }
  show();
}

function choices(parent, part, options) {
  element(parent).replaceChildren(
    ...options.map((option) => {
      const button = document.createElement("button");
      button.type = "button";
      button.value = option.name;
      const title = document.createElement("span");
      title.textContent = option.title;
      button.append(title);
      if (option.key) {
        const key = document.createElement("kbd");
        key.textContent = option.key.toUpperCase();
        key.ariaHidden = "true";
        button.append(key);
        button.setAttribute("aria-keyshortcuts", option.key);
      }
      button.onclick = () => answer(part, option.name);
      return button;
    }),
  );
}

// Keys
document.addEventListener("keydown", (event) => {
  if (element("reading").hidden || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const judgement = JUDGEMENTS.find((option) => option.key === key);
  const type = kit.types.find((option) => option.key === key);
  if (judgement) answer("judgement", judgement.name);
  else if (type) answer("type", type.name);
  else if (BACK.includes(key)) go(-1);
  else if (key === "ArrowRight") forward();
  else return;
  event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (session && !element("reading").hidden) runClock(!document.hidden);
});
element("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(element("reader").value);
});
element("back").onclick = () => go(-1);
element("next").onclick = forward;
element("save").onclick = save;
element("save-all").onclick = save;
element("review").onclick = () => show();
element("continue").onclick = () => go(1);
element("scaling").onclick = () => {
  const pixels = element("picture").classList.toggle("pixels");
  element("scaling").setAttribute("aria-pressed", pixels);
};

choices("judgements", "judgement", JUDGEMENTS);
choices("types", "type", kit.types);
start();
