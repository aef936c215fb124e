"""What columns are called, in the field's sources and in twenty languages: the role that a name stands for."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

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
        标题名称 文章标题 文章標題 タイトル 見出し 題名
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
        기사요약 뉴스요약 기사본문요약 개요 mô_tả tóm_tắt
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
        ลิงก์ 链接 文章链接
        新闻链接 鏈接 連結 网址 網址 地址 リンク アドレス 링크 주소 url주소 liên_kết đường_dẫn tautan pautan
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
        दिनांक तारीख प्रकाशन_तिथि তারিখ วันที่ 日期 时间 時間 发布时间 發布時間 发布日期 發布日期
        文章发布时间 发表时间 出版日期
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
# Parts of a date that has columns of its own.
_PARTS = {
    "time": """
        time hour clock pub_time publish_time published_time publication_time time_published created_time post_time
        posted_time article_time news_time hora heure uhrzeit zeit ora tijd tid klokkeslett kello godzina čas saat время
        час ώρα الوقت وقت שעה ساعت समय সময় เวลา 时间 時間 时刻 時刻 发布时间 시간 시각 giờ jam waktu pukul
    """,
    "year": """
        year yr pub_year publish_year publication_year published_year yyyy año ano année annee jahr anno jaar år vuosi
        rok év an год рік yıl έτος السنة سنة عام שנה سال वर्ष বছর ปี 年 年份 년 연도 năm tahun mwaka
    """,
    "month": """
        month mon pub_month publish_month publication_month published_month mm mes mês mois monat mese maand månad måned
        kuukausi miesiąc měsíc hónap lună месяц місяць ay μήνας الشهر شهر חודש ماه महीना मাস เดือน 月 月份 월 tháng bulan
        mwezi
    """,
    "day": """
        day dd day_of_month pub_day publish_day publication_day published_day día dia jour tag giorno dag päivä dzień
        den nap zi день gün ημέρα اليوم يوم יום روز दिन দিন วัน 日 일 ngày hari siku
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


def is_name_of(role: str, name: str) -> bool:
    """Whether a column so called has this role, by the names that are used for nothing else."""
    return rank_of(role, name) in (0, 1)


def names_titles(record: list[str]) -> bool:
    """Whether one of a record's cells is called as headlines are: the record is a header."""
    cells = [cell.strip().lstrip("#").strip() for cell in record]
    return any(is_name_of("title", cell) for cell in cells if len(cell) <= 60)


def rank_of(role: str, name: str) -> int | None:
    """0 for a name of this role, 1 for one that contains it or ends in it, 2 for one that may mean it; else None."""
    strong, weak = _keys(role)
    name = name.removeprefix("_source.")  # Elasticsearch's wrapper, no publisher
    key = bare(name)
    if key in strong:
        return 0
    parts = [part for part in re.split(r"[.:/]+|\[\d*\]", name) if part and not part.isdigit()]
    if len(parts) > 1:
        last, owners = bare(parts[-1]), {bare(part) for part in parts[:-1]}
        own = last if last not in ("text", "value", "raw", "rendered", "plain", "main", "date") else bare(parts[-2])
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


def place_of(role: str, name: str) -> int:
    """Where a name stands among those of a role: the best have the smallest numbers."""
    strong, weak = _keys(role)
    return {**strong, **weak}.get(bare(name), 999)


@cache
def _keys(role: str) -> tuple[dict[str, int], dict[str, int]]:
    strong, _, weak = (_NAMES.get(role) or _PARTS[role]).partition("|")
    return tuple(
        {bare(name): place for place, name in reversed(list(enumerate(names.split())))} for names in (strong, weak)
    )


def bare(name: str) -> str:
    """A name without case, accents, spaces and punctuation."""
    return "".join(c for c in _plain(name) if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(re.split(r"[\W_]+", _plain(spaced)))


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.translate(_UNDECOMPOSED).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in text if not 0x300 <= ord(c) <= 0x36F))


_UNDECOMPOSED = str.maketrans("ŁłĐđØøıİ", "LlDdOoii")
