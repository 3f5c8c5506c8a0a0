"""Rhyme and flow: sounds, pairs, the scheme of each stanza."""
