"""Which encodings a language was written in, and how common each is: what detection chooses among."""

_WEST = "cp1252 iso8859-15 mac-roman cp850 cp437"
_CENTRE = "cp1250 iso8859-2 cp852 mac-latin2"
_BALTIC = "cp1257 iso8859-13 iso8859-4 cp775"
_CYRILLIC = "cp1251 koi8-r iso8859-5 mac-cyrillic cp866 cp855"
_SERBIAN = "cp1251 iso8859-5 mac-cyrillic cp855"

# language of letters.txt: its encodings
SINGLE_BYTE = {
    **dict.fromkeys(("en", "de", "es", "it", "nl", "sv", "ca", "gl", "eu"), _WEST),
    "pt": f"{_WEST} cp860",
    "fr": f"{_WEST} cp863",
    "da": f"{_WEST} cp865",
    "nb": f"{_WEST} cp865",
    "fi": f"{_WEST} iso8859-10",
    "is": "cp1252 mac-iceland cp861 cp850",
    **dict.fromkeys(("cs", "pl", "hu", "sk", "sl"), _CENTRE),
    "hr": f"{_CENTRE} mac-croatian",
    "ro": "cp1250 iso8859-2 cp852 iso8859-16 mac-romanian",
    "lt": _BALTIC,
    "lv": _BALTIC,
    "et": f"{_BALTIC} cp1252 iso8859-15",
    "tr": "cp1254 cp857 mac-turkish",
    "eo": "iso8859-3",
    "cy": "iso8859-14",
    "ru": _CYRILLIC,
    "bg": _CYRILLIC,
    "uk": "cp1251 koi8-u iso8859-5 mac-cyrillic cp1125 cp855",
    "be": "cp1251 koi8-u iso8859-5 cp866",
    "sr": _SERBIAN,
    "mk": _SERBIAN,
    "kk": "kz1048",
    "tg": "koi8-t",
    "el": "cp1253 iso8859-7 mac-greek cp737",
    "he": "cp1255 iso8859-8 cp862",
    "ar": "cp1256 iso8859-6 mac-arabic",
    "fa": "cp1256 mac-farsi",
    "th": "cp874",
    "vi": "cp1258",
}
MULTI_BYTE = {
    "zh_CN": "gb18030",
    "zh_TW": "big5hkscs cp950",
    "ja": "cp932 euc_jp euc_jis_2004",
    "ko": "cp949 euc_kr johab",
}
WESTERN = frozenset(language for language, names in SINGLE_BYTE.items() if names.startswith(_WEST))
# Text in these scripts tells nothing by the ASCII in it, which is another language.
OTHER_SCRIPTS = frozenset(("ru", "bg", "uk", "be", "sr", "mk", "kk", "tg", "el", "he", "ar", "fa", "th"))

# How much rarer than the first of their kind, as a natural logarithm.
_HOW_RARE = (
    (-1.0, "cp1250 cp1254 cp1258"),
    (-2.0, "cp1257"),
    (-1.5, "iso8859-2 iso8859-15 iso8859-5 cp866 kz1048 koi8-t cp950"),
    (-2.5, "cp850 cp852"),
    (
        -3.0,
        "iso8859-3 iso8859-4 iso8859-10 iso8859-13 iso8859-14 iso8859-16 cp437 cp737 cp775 cp855 cp857 cp860 cp861 "
        "cp862 cp863 cp865 cp1125 johab euc_jis_2004 euc_kr",
    ),
    (
        -4.0,
        "mac-roman mac-latin2 mac-cyrillic mac-turkish mac-iceland mac-croatian mac-romanian mac-greek mac-arabic "
        "mac-farsi",
    ),
)
ENCODING_PRIOR = {name: prior for prior, names in _HOW_RARE for name in names.split()}
LANGUAGE_PRIOR = {
    **dict.fromkeys(("is", "eu", "gl", "be", "et", "lv", "sl", "vi", "ca", "fa"), -1.0),
    "lt": -0.5, "mk": -1.5, "kk": -3.0, "tg": -4.0, "eo": -4.0, "cy": -4.0,
}  # fmt: skip

# More encodings of one byte a character, which are looked at for the same text.
ALSO = (
    "iso8859-1", "iso8859-9", "iso8859-11", "tis-620", "cp858", "ptcp154", "cp1006", "cp720", "cp864", "cp869", "cp856",
    "hp-roman8",
)  # fmt: skip


def encodings() -> list[str]:
    """Return all that detection chooses among."""
    groups = (SINGLE_BYTE, MULTI_BYTE)
    return list(dict.fromkeys(name for group in groups for names in group.values() for name in names.split()))


def has_one_byte_each(name: str) -> bool:
    """Whether the encoding *name* has one byte for each character."""
    return all(name not in names.split() for names in MULTI_BYTE.values())
