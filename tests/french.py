"""What is no French in a text that a person reads: English words, a library's drawings, Python's values."""

import re

QUOTED = re.compile(r"« [^»]* »")
"""Values of a file, which may be anything."""
NAMES = re.compile(r"\S*[/\\=]\S*|\S+\.\w{2,10}\b|\b[A-Z_]{3,}\b|--\w+")
"""Paths, names of files and of variables, options."""
FOREIGN = re.compile(
    r"""(?ix) \b(
        the|is|are|was|not|cannot|could|failed|unable|invalid|unexpected|expected|malformed|missing|wrong|unknown
        |premature|lexical|parse|error|errno|exception|traceback|null|none|true|false|string|bytes?|file|directory|path
        |such|already|address|in\ use|while|attempting|bind|connection|refused|denied|permission|ended|before|end
        |stream|marker|reached|truncated|trailing|garbage|characters|data|with|of|and|must|should|bool|int|str|list
        |text|input|show|this|exit|arguments?\ required|required|default
    )\b | -->? | --+\^ | \^ | <[a-z]+ | \{ | \}"""
)


def foreign(text: str) -> list[str]:
    """The English words and the drawings of a text, what it quotes and names aside."""
    plain = NAMES.sub(" ", QUOTED.sub(" ", text))
    return [found[0] for found in FOREIGN.finditer(plain)]
