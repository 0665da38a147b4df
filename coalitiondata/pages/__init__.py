"""The codebook as a document: what it says (`content`), and its looks (`as_*`)."""
