"""Raw and curated sources in, the tables of data/ out; needs the extra `build`."""
