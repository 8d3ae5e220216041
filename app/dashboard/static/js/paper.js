// Paper: charts are drawn once more for it, in the colours of the day and no wider than it is, also those that nobody has
// seen so far. theme.js has put the page into these colours by then.

import "./theme.js";

const WIDTH_PX = 1_000; // of A4 across, within its margins
let isOn = false;

/** What the layout of a chart takes along while the page is printed. */
export const paperLayout = (element) => (isOn ? { width: Math.min(WIDTH_PX, element.clientWidth) } : {});

/** Calls `draw` before the page is printed and after. */
export function onPaper(draw) {
  for (const [name, on] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      isOn = on;
      draw();
    });
  }
}
