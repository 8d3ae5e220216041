"""Who may do what: users, passwords, tokens, roles, and the guard at the door of pages, API and sockets."""
