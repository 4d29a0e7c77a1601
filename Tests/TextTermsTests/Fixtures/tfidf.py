#!/usr/bin/env python3
"""Writes tfidf.txt beside this file: what scikit-learn's TfidfVectorizer makes of some texts.

    python3 -m venv .venv && .venv/bin/pip install scikit-learn==1.7.2
    .venv/bin/python Tests/TextTermsTests/Fixtures/tfidf.py

Lines with tabs: "set NAME", "text …" that it learns from, "term … df idf", "query …", and the query's "weight term value".
Texts are brought to form NFKC and lower case first; else "plain" is TfidfVectorizer() as it comes, and "mixed" has an analyzer that takes ideographs one by one and in pairs.
"""

import pathlib
import re
import unicodedata

from sklearn.feature_extraction.text import TfidfVectorizer

PLAIN = [
    "Gold ring with a small ruby, size 6", "Gold-plated bracelet; the clasp is gold, too", "A pearl necklace for every day",
    "Silver ring: plain, polished, 18k_rhodium", "Crème brûlée enamel earrings", "Ring, RING, ring! Über-thin band №7 ½ x² 5.5 mm",
    "The stone isn't set in a ring", "Ожерелье из серебра",
]
MIXED = [
    "金戒指 镶红宝石", "Gold ring 金戒指", "银项链，每天都能戴", "珍珠项链 pearl 珍珠", "铂金钻石戒指 PT950", "戒", "ring 戒 ring", "〇号 𠮷野",
]
QUERIES = ["gold ring", "ring ring pearl", "nothing of this", "THE RING IS GOLD", "crème", "x²", "серебра", "金戒指", "戒指 戒指 pearl", "红宝石项链", "戒", ""]
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"


def prepare(text):
    return unicodedata.normalize("NFKC", text).lower()


def analyse(text):
    terms = []
    for run in re.findall(f"[{HAN}]+|[^{HAN}]+", prepare(text)):
        if re.match(f"[{HAN}]", run):
            terms += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        else:
            terms += re.findall(r"\w\w+", run)
    return terms


def write(name, texts, vectoriser, out):
    matrix = vectoriser.fit_transform(texts)
    out.append(f"set\t{name}")
    out += [f"text\t{text}" for text in texts]
    terms = sorted(vectoriser.vocabulary_, key=lambda term: term.encode())
    for term in terms:
        place = vectoriser.vocabulary_[term]
        out.append(f"term\t{term}\t{int((matrix[:, place] > 0).sum())}\t{vectoriser.idf_[place]:.12f}")
    for query in QUERIES:
        row = vectoriser.transform([query])
        out.append(f"query\t{query}")
        values = dict(zip(row.indices.tolist(), row.data.tolist()))
        out += [f"weight\t{term}\t{values[vectoriser.vocabulary_[term]]:.9f}" for term in terms if vectoriser.vocabulary_[term] in values]


lines = []
write("plain", PLAIN, TfidfVectorizer(preprocessor=prepare), lines)
write("mixed", MIXED, TfidfVectorizer(analyzer=analyse), lines)
pathlib.Path(__file__).with_name("tfidf.txt").write_text("\n".join(lines) + "\n")
