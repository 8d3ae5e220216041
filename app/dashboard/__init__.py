"""The pages: one file a page group, templates and scripts beside them.

shell     what every page shares: headers, filters, words, error pages
assets    static files, with a content hash in their address; `vendor` fetches the libraries among them
overview  jobs  job  events  alerts  status  login    the pages themselves
views     saved filters of lists
figures   charts as Plotly figures      trends    what they are drawn from
wording   events and items in words     words     what scripts say     filters   numbers and times in templates

To add a page: a file with `blueprint(services)`, a template folder, and a row in `shell.PAGES`.
"""

from app.dashboard.shell import register

__all__ = ["register"]
