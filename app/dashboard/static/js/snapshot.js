// The page's own address read once more: what the server painted anew takes the place of what stands here. For all
// that can't be folded from events: a list after a cut, incidents, a room that is too far behind.

import { showTimes } from "./format.js";

const TRIES = 3;
const PAUSE_MS = 2_000;

const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

async function read() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null; // gone, or the session has ended
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

class Snapshot {
  constructor(document) {
    this.document = document;
    this.shell = this.block("shell");
    this.page = this.block("page");
  }

  block(id) {
    const element = this.document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  }

  /** Puts what the element of that id holds now into the one on this page, which itself stays. */
  adopt(id) {
    const [here, fresh] = [document.getElementById(id), this.document.getElementById(id)];
    if (!here || !fresh) return;
    const held = here.contains(document.activeElement) ? document.activeElement : null;
    here.replaceChildren(...fresh.childNodes);
    if (held) twin(here, held)?.focus({ preventScroll: true });
    here.hidden = fresh.hidden;
    showTimes(here);
  }
}

/** What has taken the place of an element: who is at it stays there. */
function twin(root, element) {
  const key = ["id", "href", "value"].find((name) => element.hasAttribute(name));
  return key && [...root.querySelectorAll(element.localName)].find((one) => one.getAttribute(key) === element.getAttribute(key));
}

/** The page as it is now; null if the server does not give it. */
export async function snapshot() {
  for (let left = TRIES; left; left -= 1) {
    const fresh = await read().catch(() => null);
    if (fresh) return new Snapshot(fresh);
    if (left > 1) await pause();
  }
  return null;
}

/** A function that renews the elements of those ids; called again meanwhile, it looks once more at its end. */
export function renewing(...ids) {
  let wanted = false;
  let busy = false;
  return async () => {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      const fresh = await snapshot();
      ids.forEach((id) => fresh?.adopt(id));
    }
    busy = false;
  };
}
