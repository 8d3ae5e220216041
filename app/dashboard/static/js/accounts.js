// Users, tokens, sessions and the audit log: forms and links do all of it; what is shown once can be copied.

import "./shell.js";
import "./copy.js";
