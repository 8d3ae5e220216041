"""Dashboards: what one may be, where it is kept, which ones come along; how they look is `app.dashboard`'s business."""
