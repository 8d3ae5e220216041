"""Moving all that a store holds into another; what stores do for it is told in `app.storage.base_copying`."""
