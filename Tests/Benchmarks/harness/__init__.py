"""The benchmark's parts; `../run` puts them together."""
