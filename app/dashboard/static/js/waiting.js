// Rows that wait behind a pill on the first page of a list, so that none moves under the pointer.

import { number } from "./format.js";
import { say, word } from "./page.js";
import { renewing } from "./snapshot.js";

export class Waiting {
  /** pill: its id. sentence: what it says. list: the id of what is looked at again when it is pressed; holds the pill. beside: what is renewed with it. */
  constructor(pill, sentence, list, ...beside) {
    Object.assign(this, { pill, sentence, count: 0 });
    const isFirst = !["next", "line"].some((name) => new URLSearchParams(location.search).has(name));
    if (!isFirst) this.pill = null;
    const renew = renewing(list, ...beside);
    document.getElementById(list).addEventListener("click", (event) => {
      if (!event.target.closest(`#${pill}`)) return;
      this.count = 0;
      renew();
    });
  }

  add(isOne) {
    if (isOne) this.count += 1;
  }

  say() {
    const pill = this.pill && document.getElementById(this.pill);
    if (!pill) return;
    pill.hidden = !this.count;
    say(pill.querySelector("span"), word(this.sentence, { n: this.count, nText: number(this.count) }));
  }
}
