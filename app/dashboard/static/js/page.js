// What the server put into the page for scripts: one JSON block for all pages, one for this page.

function block(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
}

export const shell = block("shell");
export const page = block("page");

const plurals = new Intl.PluralRules(shell.locale);

/** A sentence in the page's language; `{name}` is replaced, `n` also chooses the plural. */
export function word(key, values = {}) {
  const entry = shell.words[key];
  const text = typeof entry === "string" ? entry : entry[plurals.select(values.n)] ?? entry.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[`${name}Text`] ?? values[name]);
}

/** A copy of the one element inside `<template id>`. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Sets the text of an element if it differs, so that nothing is laid out in vain. */
export function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Points the icon at another symbol of the same sprite. */
export function setIcon(svg, name) {
  const use = svg.firstElementChild;
  const address = `${use.getAttribute("href").split("#")[0]}#${name}`;
  if (use.getAttribute("href") !== address) use.setAttribute("href", address);
}
