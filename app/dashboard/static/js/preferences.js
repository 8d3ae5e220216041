// The names of time zones to choose from: the browser knows them, so the page need not carry them.

import "./shell.js";

const list = document.getElementById("zones");
list.append(...["UTC", ...Intl.supportedValuesOf("timeZone")].map((name) => new Option("", name)));
