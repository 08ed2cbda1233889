"""A page in the browser that shows what goes on inside a model: every layer, down to single numbers.

``maju explore`` serves it. `session` computes what the page shows and `workings` works out single values;
`app` has the routes, `guard` keeps strangers out, and `server` runs it all. Needs the extra
``maju[explore]``; what computes needs NumPy alone.
"""
