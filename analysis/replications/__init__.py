"""Published models of coalition duration, estimated again: on their data and on ours."""
