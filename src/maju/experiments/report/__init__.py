"""The report of a study: tables, plots and sentences from a folder that ``maju reproduce`` wrote.

`outcomes` reads the folder; `tables`, `plots` and `sentences` each show the numbers in their way, in the
languages of `words`; `write` puts them into the templates.
"""
