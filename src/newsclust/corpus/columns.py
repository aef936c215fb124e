"""Which column holds what: by what it is called, in the ways the field's sources write it, else by what it holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ..errors import InputError, ParameterError
from .dates import looks_like_dates, read_dates

#: What a column can be to newsclust, in the order in which they are shown.
ROLES = ("title", "description", "url", "publisher", "published_at", "language")

# Role -> names, best first; those after the bar are taken where none before it has anything. Compared without case,
# accents, spaces, `_`, `-` and camel case (`_key`).
_NAMES = {
    "title": """
        title headline headlines headline_text headlinetext article_title news_title story_title article_headline
        news_headline title_text text_title post_title page_title entry_title item_title document_title doc_title
        web_title headline_main main_headline headline_title title_name hed hl hd ti t1 titles og_title ogtitle título
        titular encabezado titulares titre gros_titre intitulé titres titel titelzeile überschrift ueberschrift
        schlagzeile hauptüberschrift titolo testata_articolo manchete titulo_da_noticia chamada kop koptekst
        rubriek_titel rubrik overskrift otsikko tittel fyrirsögn titulek nadpis cím főcím titlu titlul naslov pealkiri
        virsraksts antraštė tytuł nagłówek заголовок название заглавие заголовок_новости назва назва_новини наслов
        başlık haber_başlığı τίτλος επικεφαλίδα العنوان عنوان عنوان_الخبر כותרת תיטר تیتر عنوان_خبر سرخی शीर्षक
        हेडलाइन শিরোনাম தலைப்பு శీర్షిక ส่วนหัว หัวข้อ พาดหัว หัวข้อข่าว 标题 標題 题目 題目 新闻标题 新聞標題
        标题名称 文章标题 タイトル 見出し 題名
        記事タイトル 제목 헤드라인 표제 기사제목 tiêu_đề tựa_đề judul tajuk judul_berita kichwa
        | text news sentence content message tweet full_text body article story post caption name news_text texto
        texte testo tekst текст текст_новости metin النص נص متن पाठ 正文 内容 內容 文本 本文 내용 본문 nội_dung isi
        teks
    """,
    "description": """
        description short_description summary abstract snippet excerpt teaser standfirst lead lede lead_paragraph dek
        deck trail_text content_snippet meta_description article_description news_description item_description desc
        intro introduction blurb synopsis opening_text hit_sentence og_description short_desc brief text_snippet
        summary_text lp ab article_summary web_description extract deck_text lead_text descripción resumen entradilla
        bajada copete résumé chapeau chapô extrait beschreibung kurzbeschreibung zusammenfassung vorspann teasertext
        anriss descrizione riassunto sommario occhiello catenaccio descrição resumo linha_fina omschrijving
        beschrijving samenvatting inleiding beskrivning sammanfattning ingress beskrivelse sammendrag manchet kuvaus
        tiivistelmä popis perex anotace leírás összefoglaló descriere rezumat opis streszczenie zajawka описание
        аннотация анонс краткое_описание опис анотація açıklama özet spot περιγραφή περίληψη الوصف وصف ملخص الملخص
        תיאור תקציר توضیحات خلاصه شرح विवरण सारांश বিবরণ 描述 摘要 简介 簡介 导语 導語 概述 説明 概要 要約 설명 요약
        개요 mô_tả tóm_tắt
        deskripsi ringkasan
        | subtitle sub_title subhead subheadline sub_headline secondary_headline kicker subtítulo sous_titre
        untertitel sottotitolo subtítulos ondertitel underrubrik подзаголовок підзаголовок podtytuł alt_başlık
        副标题 副標題
        부제
    """,
    "url": """
        url link href web_url article_url article_link news_url news_link permalink page_url story_url source_url
        document_identifier document_url doc_url canonical_url link_url post_url full_url item_url uri urls links
        address web_address enlace vínculo lien adresse verweis collegamento indirizzo ligação endereço koppeling länk
        lenke linkki odkaz ссылка адрес посилання odnośnik bağlantı adres σύνδεσμος الرابط رابط קישור پیوند لینک लिंक
        ลิงก์ 链接 鏈接 連結 网址 網址 地址 リンク アドレス 링크 주소 url주소 liên_kết đường_dẫn tautan pautan
        | guid loc id mobile_url url_mobile sourceurl media_url
    """,
    "publisher": """
        publisher publisher_name source source_name news_source source_title media media_name media_outlet outlet
        outlet_name newspaper newspaper_name publication publication_name publication_title pub_title pub_name venue
        news_outlet news_agency agency provider provider_name journal journal_title periodical site site_name website
        website_name web_site news_site domain source_domain domain_name domain_url source_common_name
        v2_source_common_name source_uri hostname host brand sn so press paper organisation organization clean_url
        rights_holder news_provider fuente medio periódico diario nombre_del_medio cabecera média nom_du_média
        titre_de_presse quelle zeitung medium herausgeber fonte testata giornale editore veículo jornal
        fonte_da_noticia bron krant uitgever källa tidning kilde avis lähde zdroj noviny forrás lap sursă ziar izvor
        źródło wydawca gazeta tytuł_prasowy источник издание сми издатель источник_новости джерело видання змі kaynak
        gazete yayıncı πηγή εφημερίδα μέσο المصدر مصدر الناشر ناشر الصحيفة מקור עיתון منبع خبرگزاری روزنامه स्रोत
        प्रकाशक समाचार_पत्र উৎস แหล่งที่มา สำนักข่าว 来源 來源 媒体 媒體 媒体名称 发布者 出处 新闻来源 ソース 出典
        媒体名 発行元 新聞社 掲載紙 출처 언론사 매체 매체명
        신문사 nguồn tờ_báo sumber penerbit media_massa chanzo
        | channel channel_name feed_title feed feed_name subreddit source_id blog network company
    """,
    "published_at": """
        published_at published publish_date published_date publication_date pub_date date_published published_on
        publish_time published_time publication_time date_time_pub date_publish publish_datetime publication_datetime
        date datetime date_time pd seen_date seen_at web_publication_date first_published first_publication_date
        published_utc created_at created created_utc created_date creation_date timestamp time_stamp day posted
        posted_at post_date posted_on issued issue_date article_date news_date story_date iso_date date_utc pubdate
        published_parsed unix_time epoch ts when time date_posted release_date dc_date da py_date date_of_publication
        time_published display_date date_gmt v21date fecha fecha_publicación fecha_de_publicación día data_publicació
        date_de_publication date_parution datum veröffentlicht veröffentlichungsdatum erscheinungsdatum erschienen tag
        data_pubblicazione pubblicato data_publicação publicado data_de_publicação publicatiedatum gepubliceerd
        publicerad dato publisert päivämäärä julkaistu datum_vydání dátum megjelenés data_publicării дата
        дата_публикации время опубликовано дата_публікації опубліковано data_publikacji data_wydania tarih
        yayın_tarihi yayınlanma_tarihi ημερομηνία التاريخ تاريخ تاريخ_النشر תאריך תאריך_פרסום تاریخ تاریخ_انتشار زمان
        दिनांक तारीख प्रकाशन_तिथि তারিখ วันที่ 日期 时间 時間 发布时间 發布時間 发布日期 發布日期 发表时间 出版日期
        日時 日付 公開日 公開日時 掲載日 配信日時 날짜 일자
        발행일 게시일 보도일 작성일 ngày ngày_đăng thời_gian tanggal waktu tarikh tarehe data
        | updated_at updated update_date last_updated modified last_modified lastmod crawl_date crawled_at fetched_at
        collect_date indexed_date index_date scraped_at harvest_date load_date entry_date added_at discovered
    """,
    "language": """
        language lang language_code lang_code article_language source_language languages la detected_language idioma
        lengua langue sprache lingua língua taal språk sprog kieli jazyk nyelv limbă język язык мова dil γλώσσα اللغة
        שפה زبان भाषा ภาษา 语言 語言 语种 言語 언어 ngôn_ngữ bahasa
    """,
}
# A name of several words one of which is among these is a title, too ("Article Title (EN)", "headline_clean") ...
_TITLE_WORDS = {"title", "headline", "titulo", "titre", "titel", "titolo", "заголовок", "标题", "標題"}
# ... unless it speaks of something else's title or of something about it.
_NOT_OF_TITLES = set(
    """
    source publisher publication journal media site channel feed author image img photo job book series sub section
    page "     "category album id url uri link length len count words word number sentiment score polarity embedding
    vector hash lang "     "language type entities tokens token label flag is has n num date time seo publicidad
    subtitle sentimiento alt org
    """.split()
)
# In nested data the last name counts, unless what it belongs to is another thing: the title of an image is no headline.
_OTHERS = {
    "source", "publisher", "publication", "provider", "author", "image", "media", "thumbnail", "channel", "feed",
    "site", "category", "section", "byline", "enclosure", "user", "rights", "generator", "multimedia", "photo", "video",
}  # fmt: skip
_URL = re.compile(r"(https?://|www\.)\S+$|[\w-]+(\.[\w-]+)+/\S*$", re.IGNORECASE)
_DATE_WORDS = re.compile("date|publi|дата|fecha|datum|日|تاريخ|تاریخ")
_SAMPLE = 400
_WORD = re.compile(r"[^\W\d_]{2,}")
# Scripts that don't put spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class NoHeadlines(InputError):
    """A table without headlines: among several files it is left out, alone it is refused."""


@dataclass(frozen=True)
class Found:
    """The column that has a role.

    Attributes
    ----------
    position : int
        Of the column in its table.
    how : str
        "by its name", "by its contents", or "as asked".
    """

    position: int
    how: str


def check_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """The parameter `columns` as a dict role -> name of a column, or a ParameterError that says what it can be."""
    if not columns:
        return {}
    example = "give for example {title: hed, published_at: when}"
    if not isinstance(columns, Mapping):
        raise ParameterError(f"columns is {columns!r}: {example}.")
    for role, name in columns.items():
        if role not in ROLES:
            known = ", ".join(ROLES)
            raise ParameterError(f"columns names {role!r}, which is no role a column can have: the roles are {known}.")
        if not isinstance(name, str) or not name.strip():
            raise ParameterError(f"columns gives {name!r} as the column for {role}: {example}.")
    return dict(columns)


def find_columns(rows: pd.DataFrame, asked: Mapping[str, str], headed: bool, name: str) -> dict[str, Found]:
    """The column for each role that has one.

    Parameters
    ----------
    rows : DataFrame of str
    asked : mapping of role to column name
        These are taken as they are.
    headed : bool
        Whether the names of the columns are the file's own; where they are not, only contents count.
    name : str
        What messages call the file.

    Raises
    ------
    InputError
        Where a column that was asked for is not there, or none holds headlines.
    """
    if not len(rows.columns):
        raise NoHeadlines(f"{name} holds records without any field: give those with the headlines.")
    table = _Table(rows)
    found: dict[str, Found] = {}
    for role, column in asked.items():
        found[role] = Found(table.named(column, role, name), "as asked")
    if headed:
        for role in sorted(ROLES, key=lambda role: role == "title"):  # last, so that it can see whether it is needed
            tiers = (0, 1, 2)
            if role not in found and (position := table.by_name(role, found, tiers)) is not None:
                found[role] = Found(position, "by its name")
    if "title" not in found and "description" not in found and (wide := table.wide()):
        raise NoHeadlines(
            f"{name} has headlines in several columns, {listed(wide)}: put them below each other in one, or name one "
            f"of them as columns={{'title': '{wide[0]}'}}."
        )
    for role in ("url", "published_at", "title", "description", "publisher"):
        guessed = found.get("title", Found(0, "")).how == "by its contents"
        if role in found or (role == "description" and not guessed) or (role == "publisher" and headed):
            continue
        if role == "title" and "description" in found:
            continue  # descriptions alone are texts enough
        if (position := table.by_contents(role, found)) is not None:
            found[role] = Found(position, "by its contents")
    if headed and "published_at" not in found and (position := table.unreadable_dates(found)) is not None:
        found["published_at"] = Found(position, "by its name")
    if "title" not in found and "description" not in found:
        raise NoHeadlines(
            f"{name} has no column of headlines that can be told, only {listed(rows.columns)}: name it, for example "
            f"columns={{'title': {str(rows.columns[0])[:40]!r}}}."
        )
    return {role: found[role] for role in ROLES if role in found}


def is_name_of(role: str, name: str) -> bool:
    """Whether a column so called has this role, by the names that are used for nothing else."""
    return _rank(role, name) in (0, 1)


class _Table:
    """What can be asked of a table's columns: samples and profiles are made once."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.names = [str(name) for name in rows.columns]
        self._samples: dict[int, list[str]] = {}
        self._filled: dict[int, int] = {}

    def named(self, column: str, role: str, name: str) -> int:
        for match in (lambda own: own == column, lambda own: own.strip().casefold() == column.strip().casefold()):
            for position, own in enumerate(self.names):
                if match(own):
                    return position
        raise InputError(
            f"columns gives {role} as {column!r}, but {name} has no such column; it has {listed(self.names)}."
        )

    def by_name(self, role: str, found: Mapping[str, Found], tiers: tuple[int, ...]) -> int | None:
        taken = {f.position for f in found.values()}
        ranks = {
            position: rank
            for position, own in enumerate(self.names)
            if position not in taken and (rank := _rank(role, own)) is not None
        }
        for tier in tiers:
            candidates = [p for p in ranks if ranks[p] == tier and self.filled(p) and self.fits(role, p, tier, found)]
            if candidates:
                return max(candidates, key=lambda p: (self.weight(role, p), -_place(role, self.names[p]), -p))
        return None

    def unreadable_dates(self, found: Mapping[str, Found]) -> int | None:
        """A column that is called so but holds no date that can be read, which is worth a word."""
        taken = {f.position for f in found.values()}
        for position, own in enumerate(self.names):
            named_so = _rank("published_at", own) == 0 and _DATE_WORDS.search(_key(own))
            if named_so and position not in taken and self.filled(position):
                return position
        return None

    def fits(self, role: str, position: int, tier: int, found: Mapping[str, Found]) -> bool:
        """Whether a column that is called so holds such things at all."""
        values = self.sample(position)
        if role == "published_at":
            return sum(t is not pd.NaT for t in read_dates(values[:100]).times) >= 0.3 * len(values[:100])
        if role == "url":
            return _share(values, _URL.match) >= (0.3 if tier == 0 else 0.8)
        if role == "language":
            return _share(values, lambda v: len(v) <= 30 and v[:1].isalpha()) >= 0.8
        if role == "publisher":
            return bool(tier < 2 or len(set(values)) > 1) and _share(values, lambda v: len(v) <= 300) >= 0.8 and (
                _share(values, _has_letter) >= 0.5
            )  # fmt: skip
        if role == "title":
            return _share(values, _has_letter) > 0 if tier < 2 else self.is_weak_title(position, found)
        return _share(values, _has_letter) > 0

    def is_weak_title(self, position: int, found: Mapping[str, Found]) -> bool:
        """Whether "name" or "text" are headlines here: they look so, and are shorter than what describes them."""
        description = found.get("description")
        return self.headline_likeness(position) > 0 and (
            description is None or self.length(position) < self.length(description.position)
        )

    def length(self, position: int) -> float:
        return float(np.median([len(value) for value in self.sample(position)] or [0]))

    def weight(self, role: str, position: int) -> float:
        """How much there is in a column: where two are called so, the one with more of it."""
        share = round(self.filled(position) / max(len(self.rows), 1), 1)
        if role in ("title", "description") and share:
            length = float(np.mean([len(v) for v in self.sample(position)]))
            return share * min(length, 1000 if role == "description" else 300) * (0.1 if length > 2000 else 1)
        return share

    def by_contents(self, role: str, found: Mapping[str, Found]) -> int | None:
        taken = {f.position for f in found.values()}
        free = [p for p in range(len(self.names)) if p not in taken and self.filled(p) >= 0.2 * len(self.rows)]
        if role == "url":
            return next((p for p in free if _share(self.sample(p), _URL.match) >= 0.8), None)
        if role == "published_at":
            return next((p for p in free if looks_like_dates(self.sample(p), numbers=not self.counts(p))), None)
        if role == "publisher":
            return next((p for p in free if self.looks_like_publishers(p)), None)
        scores = {p: self.headline_likeness(p) for p in free}
        if role == "title":
            best = max(scores, key=scores.__getitem__, default=None)
            if best is None or scores[best] <= 0:
                return None
            # Of a headline and what describes it the headline comes first and is shorter.
            shorter = [
                p for p in free if p < best and scores[p] > 20 and 20 <= self.length(p) < 0.75 * self.length(best)
            ]
            return max(shorter, key=scores.__getitem__, default=best)
        length = self.length(found["title"].position) if "title" in found else 0
        longer = [p for p in free if scores[p] > 0 and 1.2 * length < self.length(p) < 1000]
        return max(longer, key=lambda p: scores[p], default=None)

    def headline_likeness(self, position: int) -> float:
        """How much a column looks like headlines: varied texts of several words, not too long."""
        values = self.sample(position)
        if not values or _share(values, _is_text) < 0.8 or _share(values, _URL.match) > 0.2 or looks_like_dates(values):
            return 0
        if _share(values, lambda v: v[0] in "[{" and v[-1] in "]}") > 0.5:
            return 0
        words = np.median([len(v.split()) + 2 * (len(_UNSPACED.findall(v)) > 3) for v in values])
        length = np.median([len(v) for v in values])
        varied = len(set(values)) / len(values)
        if words < 2 or length < 8 or varied < 0.3:
            return 0
        return varied * min(length, 100) * (1 if length <= 250 else 250 / length)

    def looks_like_publishers(self, position: int) -> bool:
        values = self.sample(position)
        different = len(set(values))
        return (
            len(values) >= 5
            and 1 < different <= 0.7 * len(values)
            and 4 <= np.mean([len(v) for v in values]) <= 40
            and _share(values, lambda v: v[:1].isupper() or re.fullmatch(r"[\w-]+(\.[\w-]+)+", v)) >= 0.7
            and _share(values, _WORD.search) >= 0.9
        )

    def counts(self, position: int) -> bool:
        """Whether numbers in this column are something else than times: row numbers, ids of any size."""
        values = [v for v in self.sample(position) if v.isdecimal() and len(v) < 30]
        if not values:
            return False
        lengths = {len(v) for v in values}
        seconds = [int(v) for v in values]
        return len(lengths) > 1 or len(values[0]) not in (8, 10, 13, 14, 16, 19) or all(
            b - a == 1 for a, b in zip(seconds, seconds[1:], strict=False)
        )  # fmt: skip

    def wide(self) -> list[str]:
        """Columns of one name but for a number, all of them like headlines."""
        series: dict[str, list[int]] = {}
        for position, own in enumerate(self.names):
            if match := re.fullmatch(r"(\D*?)[\s_.-]*\d+", own.strip()):
                series.setdefault(_key(match[1]), []).append(position)
        for stem, positions in series.items():
            if stem and len(positions) >= 3 and np.mean([self.headline_likeness(p) > 0 for p in positions]) > 0.6:
                return [self.names[p] for p in positions]
        return []

    def sample(self, position: int) -> list[str]:
        """Values that are not blank, from all over the column."""
        if position not in self._samples:
            column = self.rows.iloc[:, position].to_numpy(dtype=object)
            step = max(len(column) // (2 * _SAMPLE), 1)
            values = [value.strip() for value in column[::step] if value.strip()]
            if len(values) < 20:  # sparse: look at all
                values = [value.strip() for value in column if value.strip()]
            self._samples[position] = values[:_SAMPLE]
        return self._samples[position]

    def filled(self, position: int) -> int:
        if position not in self._filled:
            column = self.rows.iloc[:, position].to_numpy(dtype=object)
            self._filled[position] = sum(1 for value in column if value and not value.isspace())
        return self._filled[position]


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names for a message: quoted, the first few, none too long."""
    quoted = [repr(name if len(name) <= 60 else name[:57] + "...") for name in map(str, names)]
    return ", ".join(quoted[:most]) + (f" and {len(quoted) - most} more" if len(quoted) > most else "")


def _rank(role: str, name: str) -> int | None:
    """0 for a name of this role, 1 for one that contains it or ends in it, 2 for one that may mean it; else None."""
    strong, weak = _keys(role)
    name = name.removeprefix("_source.")  # Elasticsearch's wrapper, no publisher
    key = _key(name)
    if key in strong:
        return 0
    parts = [part for part in re.split(r"[.:/]+|\[\d*\]", name) if part and not part.isdigit()]
    if len(parts) > 1:
        last, owners = _key(parts[-1]), {_key(part) for part in parts[:-1]}
        own = last if last not in ("text", "value", "raw", "rendered", "plain", "main", "date") else _key(parts[-2])
        if (
            role == "publisher"
            and owners & _keys("publisher")[0].keys()
            and last in ("name", "title", "text", "value", "domain")
        ):
            return 0
        if not owners & _OTHERS and (own in strong or last in strong):
            return 1
    if role == "title":
        words = _words(name)
        if len(words) > 1 and words & _TITLE_WORDS and not words & _NOT_OF_TITLES:
            return 1
    return 2 if key in weak else None


def _place(role: str, name: str) -> int:
    strong, weak = _keys(role)
    return {**strong, **weak}.get(_key(name), 999)


@cache
def _keys(role: str) -> tuple[dict[str, int], dict[str, int]]:
    strong, _, weak = _NAMES[role].partition("|")
    return tuple(
        {_key(name): place for place, name in reversed(list(enumerate(names.split())))} for names in (strong, weak)
    )


def _key(name: str) -> str:
    """A name without case, accents, spaces and punctuation."""
    return "".join(c for c in _plain(name) if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(re.split(r"[\W_]+", _plain(spaced)))


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.translate(_UNDECOMPOSED).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in text if not 0x300 <= ord(c) <= 0x36F))


_UNDECOMPOSED = str.maketrans("ŁłĐđØøıİ", "LlDdOoii")


def _share(values: list[str], holds: object) -> float:
    return sum(1 for value in values if holds(value)) / len(values) if values else 0.0  # type: ignore[operator]


def _has_letter(value: str) -> bool:
    return any(c.isalpha() for c in value)


def _is_text(value: str) -> bool:
    letters = sum(c.isalpha() for c in value)
    return letters >= 2 and letters >= 0.4 * len(value) or bool(_UNSPACED.search(value))
