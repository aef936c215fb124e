"""What stands in fields of headlines without being news: "Continue reading", pages for robots, names of papers."""

from __future__ import annotations

import re


def _any_of(lines: str) -> str:
    """Alternatives, several a line, as one group."""
    return "(?:" + "|".join(line.strip().strip("|") for line in lines.strip().splitlines()) + ")"


_MORE = _any_of(r"""
    continue reading|continue to article|keep reading|full (?:story|article)|see more
    learn more|more details|find out more
    read (?:the )?(?:full|whole|entire|original|complete) (?:story|article|text|post|report|piece)
    read (?:more|on|the rest)(?: (?:here|at|on|of)\b.{0,60})?|(?:click|tap) here (?:to|for) .{0,60}
    view (?:the )?(?:full|original|entire) (?:article|post)
    seguir leyendo|sigue leyendo|leer más|leer mas|lire la suite(?: de l.article)?|lire plus|en savoir plus|weiterlesen
    mehr lesen|mehr dazu|zum artikel|leggi (?:tutto|anche|di più|l.articolo)|continua a leggere|leia mais|continue lendo
    lees (?:verder|meer)|läs mer|les mer|læs mere|lue lisää|czytaj (?:więcej|dalej)|číst dále|читать (?:далее|полностью)
    подробнее|читати далі|devamını oku|διαβάστε περισσότερα|اقرأ المزيد|إقرأ المزيد|קרא עוד|ادامه مطلب|और पढ़ें
    阅读全文|閱讀全文|阅读更多|查看更多|続きを読む|더 ?보기|자세히 보기|xem thêm|đọc tiếp|baca selengkapnya|selengkapnya
""")
# Only these are boilerplate in the middle of a sentence, too.
_ALWAYS = _any_of("continue reading|seguir leyendo|lire la suite|weiterlesen")
_AFTER = rf"""(?:^|(?<=[.!?…:;»”"')\]>।。！？])|\s[\[(|]|\s[-–—]|\s(?={_ALWAYS}))\s*[\[(]*"""
_FIRST = _any_of(r"""
    (?:first |originally )?appeared (?:first |originally )?(?:on|in|at)|apareció primero en|se publicó primero en
    est apparu en premier sur|erschien zuerst auf|proviene da|apareceu primeiro em
""")
_POST = r"the post|this (?:article|post|story)|el post|la entrada|l.article|der beitrag|l.articolo|o post"
_ADDRESS = r"(?:https?://|www\.|pic\.twitter\.com/|t\.co/)\S+"
#: What goes from the end of a description, each behind letters one of which it can't be without: looking for them first
#: halves the time.
TAILS: list[tuple[tuple[str, ...], re.Pattern[str]]] = [
    (("",), re.compile(rf"{_AFTER}{_MORE}[\s.…»>→›\])|]*$", re.IGNORECASE)),
    (
        ("appeared", "apareci", "publicó", "apparu", "erschien", "proviene", "apareceu"),
        re.compile(rf"\s*(?:{_POST}) .{{0,300}}?{_FIRST} .{{2,100}}$", re.IGNORECASE | re.DOTALL),
    ),
    (("chars]",), re.compile(r"\s*(?:\.\.\.|…)?\s*\[\+?\d+ chars\]\s*$")),
    (("]", ")"), re.compile(r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|\(\s*(?:…|\.\.\.)\s*\))\s*$")),
    (("://", "www.", ".com/", "t.co/"), re.compile(rf"(?:^|\s+){_ADDRESS}\s*$", re.IGNORECASE)),
    (
        ("submitted",),
        re.compile(
            r"(?:^|\s+)submitted by\s+/?u/\S+(?:\s+to\s+/?r/\S+)?(?:\s*\[link\])?(?:\s*\[comments\])?\s*$",
            re.IGNORECASE,
        ),
    ),
    (("[link]", "[comments]"), re.compile(r"(?:^|\s+)\[(?:link|comments)\]\s*$", re.IGNORECASE)),
]
#: How far from the end they may begin.
REACH = 420

REMOVED = re.compile(
    r"[\[(<]\s*(?:removed|deleted|untitled|no title|unavailable|redacted)(?: by \w+)?\s*[\])>]", re.IGNORECASE
)
#: Titles of pages that were served to a program instead of the article.
ROBOTS = re.compile(
    _any_of(r"""
        (?:\w+ [-|] )?are you (?:a robot|human)\??|just a moment\W*|attention required!?(?: \| cloudflare)?
        access (?:denied|to this page has been denied)|forbidden|security check(?: required)?|one more step
        (?:error )?40[1345](?: error)?(?:\W+(?:forbidden|not found|page not found|unauthorized))?
        (?:40[134]\W+)?(?:page|file) (?:not found|can.?t be found)(?: \W .{1,40})?
        (?:please )?(?:enable|turn on) (?:javascript|cookies)(?: (?:and cookies )?to continue)?.{0,30}
        javascript is (?:disabled|not available).{0,40}|(?:please )?verify (?:that )?you are (?:a )?human.{0,30}
        human verification|captcha|robot check|pardon our interruption\W*|before you continue(?: to \w+)?
        subscribe to read(?: \| .{1,40})?|(?:sign|log) in(?: to continue)?|redirecting\W*|loading\W*|site not available
        (?:50[0234]\W+)?(?:bad gateway|service unavailable|internal server error|gateway time-?out)|ddos-guard
        checking your browser(?: before accessing .{1,60})?|this site can.?t be reached|request (?:rejected|blocked)
        you have been blocked|untitled(?: document)?
    """),
    re.IGNORECASE,
)
#: Words by which a name is a paper's, and names of hosts.
OUTLET = re.compile(
    r"\b"
    + _any_of(r"""
        news|times|post|herald|tribune|journal|guardian|telegraph|gazette|daily|press|reuters|bbc|cnn|nbc|cbs|abc|npr|sky
        bloomberg|today|magazine|review|chronicle|observer|independent|mail|express|mirror|sun|star|globe|standard|courier
        wire|radio|tv|network|online|media|report|afp|xinhua|al jazeera|forbes|politico|axios|fortune|variety|noticias
        zeitung|spiegel|monde|figaro|país|mundo|corriere|repubblica|folha|globo|nachrichten|новости|газета|ria|tass
    """)
    + r"\b|^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|co|uk|de|fr|es|it|in|au|ca|ru|cn|jp|br|info|tv|news|eu|us)(?:\.\w\w)?$",
    re.IGNORECASE,
)
