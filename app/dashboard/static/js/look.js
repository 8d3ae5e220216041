// Which columns the list of jobs has, how dense it is and how long: changed at once, kept for the next page. The names are
// those of app/dashboard/look.py.

import { page } from "./page.js";

const KEPT_S = 400 * 86_400;

export function setUpLook() {
  const form = document.getElementById("look");
  form.querySelector("button").hidden = true;
  form.addEventListener("change", ({ target }) => {
    const table = document.getElementById("jobs-table");
    const boxes = [...form.querySelectorAll('input[name="show"]')];
    const dense = form.querySelector('input[name="compact"]').checked;
    boxes.forEach((box) => table?.classList.toggle(`no-${box.value}`, !box.checked));
    table?.classList.toggle("compact", dense);
    const rows = `rows-${form.querySelector('[name="rows"]').value}`;
    const words = [...boxes.filter((box) => !box.checked).map((box) => box.value), ...(dense ? ["compact"] : []), rows];
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `jobs_look=${words.join(".")}; Path=/; Max-Age=${KEPT_S}; SameSite=Lax${secure}`;
    if (target.name === "rows") location.assign(page.here);
  });
}
