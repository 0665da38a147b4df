"""A user's own coalitions: minimal tables in, the tables, measures and frames of the data set out.

`data` holds the class `CoalitionData`; `minimal` says which columns there are, `cells`, `dates`
and `states` read them, `stays` and `spans` check who was in from when to when, `tables` builds the
tables, `measuring` measures power and interests, `template` writes tables to fill in.
"""
