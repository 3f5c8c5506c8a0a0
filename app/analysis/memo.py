"""How much the analyzers remember of single words."""

# Words that a memo keeps; those that were not sung for longest give way. They are nearly all that is sung, as
# few words are most of any text, and a memo that is full takes some megabytes: there are a dozen a process.
MEMO = 32_768
