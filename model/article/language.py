"""Whether a sentence is English prose that can be judged at all.

A check of script and of small words, made to let every English headline through: a sentence is refused
only on positive evidence that it is something else.
"""

from __future__ import annotations

import re
import unicodedata

from .words import word_set

FEWEST_WORDS = 3
"""Fewer say nothing that could be judged."""

LONGEST_LOOK = 2_000
"""Characters that are looked at; the language does not change after them."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

_ENGLISH = word_set(
    """
    a about after against all also an and any are as at be because been before but by can could did do does
    for from had has have he her his if in into is it its more most new no not of off on one or our out over
    said says she should so some than that the their them then there they this to two under until up us was
    we were what when which while who will with would you your i am my me him how just only other such these
    those through between during per amid via vs
    """
)

_FOREIGN = {
    "German": word_set(
        """
        der das und ist nicht ein eine einen einer des mit auf für von zu im ich sie es sich auch wird wurde
        werden haben dass bei nach über aus wie noch nur oder aber vom zum zur sind durch gegen
        """
    ),
    "French": word_set(
        """
        le la les des du de un une est dans que qui avec au aux ce cette sa ses il elle nous vous ils sont
        été ont mais entre leur être selon après contre d'un d'une qu'il n'est c'est
        """
    ),
    "Spanish": word_set(
        """
        el la los las de del un una y es que por para se su sus como más pero fue ha han entre sobre sin ser
        este esta también según desde contra hasta
        """
    ),
    "Portuguese": word_set(
        """
        o os de da dos das um uma e é em que na nos nas por com para se seu sua ao à como mais mas foi não
        são entre sobre também pelo pela contra após
        """
    ),
    "Italian": word_set(
        """
        il la gli le di del della dei delle un una e è che non si alla da dal dalla nel nella sono ha hanno
        più ma anche su sul contro dopo tra ed
        """
    ),
    "Dutch": word_set(
        """
        de het een van dat niet op te zijn voor aan er hij ze ook naar bij uit maar om werd wordt worden
        heeft hebben tegen tussen
        """
    ),
    "Polish": word_set("w z na nie się że jest o jak po przez dla od przy są ale oraz było został"),
    "Turkish": word_set("ve bir bu için ile da de olarak daha çok olan gibi sonra kadar ise değil dedi"),
    "Indonesian": word_set(
        "yang di dengan untuk dari ini itu pada tidak dalam akan adalah oleh ke juga sudah"
    ),
    "Swedish": word_set("och att det som på är av för med till inte om ett de var från"),
}
"""Small words of the languages that a reader of English news most often meets."""

_NAME_PARTICLES = word_set("de la le el los las del da dos das der den di dal van von del al bin te du des")
"""Of the foreign words, those that are at home in names: alone they prove nothing."""

FOREIGN_SHARE = 0.2
"""Of the words: with this many small words of another language, and more than of English, it is that one."""

FOREIGN_LETTERS = 0.5
"""Of the letters: with more than this share outside the Latin script it is not English."""

_SCRIPTS = {
    "CYRILLIC": "Cyrillic",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "GREEK": "Greek",
    "DEVANAGARI": "Devanagari",
    "THAI": "Thai",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
}


def why_unscored(sentence: str) -> str | None:
    """Return why a sentence cannot be judged, None where it can.

    The reasons: no words, fewer than three words, another script, another language.
    """
    look = sentence[:LONGEST_LOOK]
    if reason := _other_script(look):
        return reason
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(look)]
    if not words:
        return "no words"
    if len(words) < FEWEST_WORDS:
        return f"too short to judge: {len(words)} of at least {FEWEST_WORDS} words"
    return _other_language(words)


def _other_script(text: str) -> str | None:
    letters = [character for character in text if character.isalpha()]
    strange = [character for character in letters if character > "\u024f" and not _is_latin(character)]
    if len(strange) <= FOREIGN_LETTERS * len(letters):
        return None
    script = unicodedata.name(strange[0], "").split(" ")[0]
    return f"not English: {_SCRIPTS.get(script, 'a foreign')} script"


def _is_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN")


def _other_language(words: list[str]) -> str | None:
    english = sum(word in _ENGLISH for word in words)
    foreign = {
        language: [word for word in words if word in small_words]
        for language, small_words in _FOREIGN.items()
    }
    language = max(foreign, key=lambda name: len(foreign[name]))
    n = len(foreign[language])
    # Two at least, and not all of them particles: "Rodrigo de la Cruz" may be in any headline.
    if n < 2 or n < FOREIGN_SHARE * len(words) or n <= english or set(foreign[language]) <= _NAME_PARTICLES:
        return None
    return f"not English: it reads like {language}"
