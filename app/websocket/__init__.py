"""The two Socket.IO namespaces: ``/`` for scrapers, ``/live`` for whoever watches."""
