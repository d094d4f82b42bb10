"""`orders`: words that tell an agent to forget its rules or to be another, in several languages.

A short list of what is tried most, so that ordinary text stays silent: who finds a new wording is not stopped
here, but by the policy, which untrusted text cannot widen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.guardrails.folding import folded, latinised
from bot.guardrails.model import Hit, Passage, lines_in
from bot.reports import safe

# Each rule is words that are searched for as they are, which is fast, and what must follow. Nothing in it can
# run on for long. All is written as `folding.folded` leaves it: small letters, no accents on Latin ones.
_GAP = r"(?>[^\W_]{1,20}+[^\w.!?]{1,4}+){0,4}?"
_NEAR = r"[^\n。]{0,10}?"
_AFTER = r"\w{0,6}[^\w.!?]{1,4}"

_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (
            "ignore",
            "ignoring",
            "disregard",
            "forget",
            "override",
            "overrule",
            "do not follow",
            "don't follow",
        ),
        rf"(?:ed|ing)?[^\w.!?]{{1,4}}{_GAP}"
        r"(?:previous|prior|preceding|above|earlier|former|original|initial|past|system|your)[^\w.!?]{1,4}"
        rf"{_GAP}(?:instruction|direction|directive|prompt|guideline|programming|training|safety)",
    ),
    (
        ("ignore", "disregard", "forget", "override"),
        rf"[^\w.!?]{{1,4}}{_GAP}(?:instruction|directive|prompt|guideline)s?"
        r"[^\w.!?]{1,4}(?:above|before|so far|(?:that )?(?:you|i|were|was)\b)",
    ),
    (("forget everything", "ignore everything", "disregard everything"), r" (?:you|i|that you)\b"),
    (
        ("you are now", "you're now", "you are no longer", "you're no longer", "from now on you are"),
        r",? (?>[^\W_]{1,20}+ ){0,3}?(?:assistant|ai|agent|chatbot|llm|language model|dan|jailbroken"
        r"|unrestricted|bound|restricted|persona)\b",
    ),
    (("act as if you", "pretend you", "pretend that you", "act as an unrestricted"), r"\b"),
    (
        ("reveal", "print", "repeat", "output", "show me", "tell me", "disclose", "leak"),
        r" (?:me )?(?:your|the) (?:\w{1,12} )?(?:system|initial|hidden|secret|original) "
        r"(?:prompt|instructions)",
    ),
    (
        ("do not tell", "don't tell", "do not mention", "don't mention", "do not reveal", "without telling"),
        r" (?:(?:this|it|anything|any of this|about this|to) ){0,3}(?:the )?"
        r"(?:user|maintainer|reviewer|approver|owner|developer|human)s?\b",
    ),
    (
        ("note to", "message to", "message for", "attention", "important for", "order to", "orders for"),
        r",? (?:all |any |the |every ){0,2}(?:ai|llm|language model|coding agent|autonomous agent)s?\b",
    ),
    (
        ("end of", "end", "begin", "start of", "new", "updated"),
        r" (?:the )?system (?:prompt|message|instruction)s?\b",
    ),
    (
        ("disable", "bypass", "turn off", "ignore", "skip"),
        r" (?:(?:all|any|the|your|every) ){0,2}(?:guardrails?|safety (?:rules|filters?|guidelines|checks))\b",
    ),
    (  # German, Dutch, Polish
        ("ignorier", "vergiss", "missacht", "negeer", "vergeet", "ignoruj", "zignoruj", "zapomnij"),
        rf"{_AFTER}{_GAP}(?:vorherig|bisherig|obig|vorig|fruher|vorangegangen|deine|system|eerder|bovenstaand"
        rf"|poprzedni|powyzsz|wczesniejsz){_AFTER}{_GAP}"
        r"(?:anweisung|instruktion|befehl|vorgabe|richtlinie|prompt|instructie|opdracht|aanwijzing|instrukcj|polece)",
    ),
    (  # French, Spanish, Portuguese, Italian
        ("ignor", "oubli", "pas compte", "olvid", "omiso", "esquec", "desconsider", "dimentic", "trascur"),
        rf"{_AFTER}{_GAP}(?:instruc|instrucc|istruzion|consigne|directive|directriz|direttiv|indicacion"
        rf"|indicazion|orientac|orden){_AFTER}{_GAP}"
        r"(?:precedent|anterieur|ci-dessus|initial|anterior|previ|acima|de arriba|sistema|sopra)",
    ),
    (
        ("du bist jetzt", "du bist ab jetzt", "tu es maintenant", "ahora eres", "voce agora e", "sei ora"),
        rf" {_GAP}(?:ki|assistent|assistant|ia|ai|asistente|assistente|agent|agente|modell|modele|modelo)\b",
    ),
    (
        ("игнорируй", "проигнорируй", "забудь"),
        rf"{_AFTER}{_GAP}(?:предыдущ|прежн|вышеуказанн|системн|сво){_AFTER}{_GAP}(?:инструкц|указани|команд)",
    ),
    (("теперь ты", "ты теперь"), rf"[^\w.!?]{{1,4}}{_GAP}(?:ии|ассистент|агент|модель|бот)\b"),
    (
        ("忽略", "无视", "無視", "忘记", "忘記", "忽視"),
        rf"{_NEAR}(?:之前|以前|先前|前面|上述|上面|以上|此前|系统|系統|所有){_NEAR}(?:指令|指示|提示词|提示詞|命令)",
    ),
    (
        ("これまで", "今まで", "以前", "上記", "前述", "先ほど", "すべて", "全て"),
        rf"{_NEAR}(?:指示|命令|プロンプト){_NEAR}(?:無視|忘れ)",
    ),
    (("이전", "위의", "지금까지", "앞선", "모든"), rf"{_NEAR}(?:지시|명령|프롬프트|지침){_NEAR}(?:무시|잊)"),
    (("تجاهل", "انس"), rf"{_NEAR}(?:التعليمات|الأوامر|الاوامر){_NEAR}(?:السابقة|أعلاه|اعلاه)"),
)
_COMPILED = tuple((words, re.compile(rest)) for words, rest in _RULES)


def look(passage: Passage) -> Iterator[Hit]:
    text = folded(passage.text)
    line_of = lines_in(text)
    seen: set[int] = set()
    for version in dict.fromkeys((text, latinised(text))):
        for at, words in _orders(version):
            line = line_of(at)
            if line not in seen:
                seen.add(line)
                yield Hit(
                    line, f"It says “{safe.one_line(words)}”, which is said to an agent and not to people."
                )


def is_order(text: str) -> bool:
    """Whether a folded text holds one."""
    return next(_orders(text), None) is not None


def _orders(text: str) -> Iterator[tuple[int, str]]:
    for words, rest in _COMPILED:
        for at, end in _places(text, words):
            found = rest.match(text, end)
            if found and not _in_a_word(text, at):
                yield at, text[at : found.end()]


def _places(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = text.find(word, at + 1)


def _in_a_word(text: str, at: int) -> bool:
    """Whether it only ends a longer word. Scripts behind Cyrillic join words, or have no blanks between."""
    return at > 0 and text[at] < "\u0530" and text[at - 1].isalpha() and text[at - 1] < "\u0530"
