"""The data set's metadata in the formats of others, all from datapackage.json and its sources.

`python -m coalitiondata.metadata` writes them; one module per format.
"""
