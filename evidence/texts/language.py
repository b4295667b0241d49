"""In which language a text is written: Italian, English, another one, or not enough of it to tell.

Told by the little words that no sentence does without. This is all that the search needs to know, it costs no model and
no library, and what it cannot tell is searched word by word.
"""

import re

WORD = re.compile(r"[^\W\d_]+(?:['’](?=\w))?")
MOST = 20_000  # characters that are looked at
LITTLE = {
    "it": "il lo la gli le di che è per non sono con del della dei delle dell' nel nella alla al un una si da "
    "mi ci vi e come questo questa ho ha abbiamo l' d' un' c' all' dal dalla sul sulla più stato stata ma se",
    "en": "the of and to in is that it for was on are with as at be this have from or by not you your we i has had "
    "will which would been were our an they their please",
    "de": "der die das und ist nicht ein eine zu den mit von sich auf für dem des im auch wir sie ich werden wurde",
    "fr": "le la les des et est une que pour dans qui pas vous nous au sur avec ce cette sont du votre d' l' qu'",
    "es": "el la los las de que y en un una por con no para se del al es su lo como más pero sus este esta está",
}
SETS = {language: frozenset(words.split()) for language, words in LITTLE.items()}
OURS = ("it", "en")


def language_of(text):
    """ "it", "en", "other", or "" if too little was said."""
    words = [word.lower().replace("’", "'") for word in WORD.findall(text[:MOST])]
    if len(words) < 5:
        return ""
    counts = {language: sum(word in little for word in words) for language, little in SETS.items()}
    best = max(counts, key=counts.get)
    share = counts[best] / len(words)
    if share < 0.08 or sum(count == counts[best] for count in counts.values()) > 1:
        return "" if len(words) < 30 else "other"
    return best if best in OURS else "other"


def main_language(pages):
    """The language of most of the (text, language) pages, by what they say."""
    weights = {}
    for text, language in pages:
        weights[language] = weights.get(language, 0) + len(text)
    weights.pop("", None)
    return max(weights, key=weights.get) if weights else ""
