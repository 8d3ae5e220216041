// Makes one piece of a page like another by touching only what differs: focus, selection and open details stay.

/** Makes the children and attributes of `here` those of `fresh`, which is used up; what a script draws is left to it. */
export function blend(here, fresh) {
  if (here.hasAttribute("data-own")) return;
  for (const { name, value } of fresh.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  for (const { name } of [...here.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && here.matches("details"))) here.removeAttribute(name);
  }
  const [mine, theirs] = [[...here.childNodes], [...fresh.childNodes]];
  if (mine.length !== theirs.length || mine.some((node, at) => node.nodeName !== theirs[at].nodeName)) {
    here.replaceChildren(...theirs);
    return;
  }
  mine.forEach((node, at) => {
    if (node.nodeType === Node.ELEMENT_NODE) blend(node, theirs[at]);
    else if (node.nodeValue !== theirs[at].nodeValue) node.nodeValue = theirs[at].nodeValue;
  });
}
