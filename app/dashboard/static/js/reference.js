// The page of the documents: a search narrows it to what has all of its words; the contents say where one is.

import "./shell.js";
import "./copy.js";
import { say } from "./page.js";

const search = document.getElementById("search");
const found = document.getElementById("found");
const entries = [...document.querySelectorAll("[data-entry]")].map((element) => ({ element, text: element.textContent.toLowerCase() }));
const links = new Map([...document.querySelectorAll("#contents a")].map((link) => [link.hash.slice(1), link]));

function narrow() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const { element, text } of entries) {
    element.hidden = !words.every((word) => text.includes(word));
    left += element.hidden ? 0 : 1;
    const place = document.querySelector(`#contents [data-for="${element.id}"]`);
    if (place) place.hidden = element.hidden;
  }
  for (const section of document.querySelectorAll("[data-section]")) {
    section.hidden = !section.querySelector("[data-entry]:not([hidden])");
    const link = links.get(section.id);
    if (link) link.parentElement.hidden = section.hidden;
  }
  say(found, left ? "" : found.dataset.none);
}

/** Marks in the contents what is at the top of the window. */
const seen = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (!isIntersecting || !links.has(target.id)) continue;
    document.querySelector("#contents [aria-current]")?.removeAttribute("aria-current");
    links.get(target.id).setAttribute("aria-current", "location");
  }
}, { rootMargin: "-15% 0px -75% 0px" });

search.addEventListener("input", narrow);
search.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && search.value) {
    search.value = "";
    narrow();
  }
});
document.querySelectorAll("[data-section], .entry[id]").forEach((element) => seen.observe(element));
if (search.value) narrow(); // the browser has kept it
