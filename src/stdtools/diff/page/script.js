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
  if (!changes.length) return;
  show(at < 0 ? (step > 0 ? 0 : changes.length - 1) : (at + step + changes.length) % changes.length);
  const tall = changes[at].getBoundingClientRect().height > innerHeight / 2;
  changes[at].scrollIntoView({ block: tall ? "start" : "center" });
  changes[at].focus({ preventScroll: true });
}

const [previous, next] = nav.querySelectorAll("button");
previous.addEventListener("click", () => go(-1));
next.addEventListener("click", () => go(1));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n" || event.key === "j") go(1);
  else if (event.key === "p" || event.key === "k") go(-1);
});
changes.forEach((change, index) => change.addEventListener("click", () => show(index)));
const named = changes.findIndex((change) => change.id === location.hash.slice(1));
if (named >= 0) show(named);
nav.hidden = !changes.length;
