"""The data behind the explorer page: what `coalitiondata` gives, as files a browser can read."""
