// What is chosen in the list of jobs, and the bar that says what can be done with it. Without this script the bar is
// always there, and the boxes are plain ones of its form.

import { number } from "./format.js";
import { say, word } from "./page.js";

export function setUpBulk() {
  const bar = document.getElementById("bulk");
  const chosen = new Set();
  const boxes = () => [...document.querySelectorAll('#job-list input[name="key"]')];

  function show() {
    const every = boxes();
    every.forEach((box) => box.closest("tr").setAttribute("aria-selected", String(box.checked)));
    bar.hidden = chosen.size === 0;
    say(document.getElementById("chosen"), word("chosen", { n: chosen.size, nText: number(chosen.size) }));
    if (!chosen.size) bar.querySelector('[name="all"]').checked = false; // who chooses anew is asked anew
    const all = document.getElementById("all-rows");
    if (!all) return;
    all.hidden = false;
    all.checked = every.length > 0 && every.every((box) => box.checked);
    all.indeterminate = !all.checked && chosen.size > 0;
  }

  function note(box) {
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
  }

  document.getElementById("job-list").addEventListener("change", ({ target }) => {
    if (target.id === "all-rows") {
      boxes().forEach((box) => {
        box.checked = target.checked;
        note(box);
      });
    } else {
      note(target);
    }
    show();
  });

  /** Looks at a table that has come in place of the other. */
  function read() {
    const there = boxes();
    const keys = new Set(there.map((box) => box.value));
    chosen.forEach((key) => keys.has(key) || chosen.delete(key));
    there.forEach((box) => {
      box.checked = chosen.has(box.value);
    });
    show();
  }

  boxes().forEach(note); // a browser that comes back to a page has kept its boxes
  show();
  return { read };
}
