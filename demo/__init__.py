"""A sample shop, a spider that crawls it, and the program that shows both on a page (`make demo`)."""
