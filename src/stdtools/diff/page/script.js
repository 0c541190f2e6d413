"use strict";
const changes = [...document.querySelectorAll("tbody[id]")];
const nav = document.querySelector("nav");
const status = nav.querySelector("output");
let at = -1;

function show(index) {
  changes[at]?.classList.remove("at");
  at = index;
  changes[at].classList.add("at");
  status.textContent = `${at + 1} of ${changes.length}`;
}

function go(step) {
  show(at < 0 ? (step > 0 ? 0 : changes.length - 1) : (at + step + changes.length) % changes.length);
  const tall = changes[at].getBoundingClientRect().height > innerHeight / 2;
  changes[at].scrollIntoView({ block: tall ? "start" : "center" });
}

const [previous, next] = nav.querySelectorAll("button");
previous.addEventListener("click", () => go(-1));
next.addEventListener("click", () => go(1));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { n: 1, j: 1, p: -1, k: -1 }[event.key];
  if (!step || !changes.length) return;
  go(step);
  changes[at].focus({ preventScroll: true }); // a button keeps the focus, to be pressed again
});
changes.forEach((change, index) => change.addEventListener("click", () => show(index)));
const named = changes.findIndex((change) => change.id === location.hash.slice(1));
if (named >= 0) show(named);
nav.hidden = !changes.length;
