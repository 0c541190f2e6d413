"""Text in many languages for tests: sentences of our own, and what encodings the languages were written in."""

SENTENCES = {
    "de": "Schöne Grüße aus München: Die Straße führt über die Brücke, und im Frühling blühen Äpfel und Kräuter.",
    "fr": "L'été dernier, la forêt était très sèche ; où étiez-vous passés ? À côté, près du château, ça brûlait déjà.",
    "es": "El niño comió una piña en la montaña mientras el pingüino español dormía detrás del árbol más pequeño del.",
    "sv": "Han åkte över ån på väg till skärgården där många människor bor på små öar och äter färsk fisk på kvällen.",
    "pl": "Zażółć gęślą jaźń: każdy książę chciałby mieć łódkę, żeby popłynąć przez jezioro ku świętej wyspie wśród.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy, když na dvoře štěkal pes a děti běžely domů přes zelenou louku.",
    "hu": "Az őszi erdőben sétáló fiú és a lány hűvös, ködös időben érkezett a régi kőházhoz, ahol tűz égett és meleg.",
    "tr": "Küçük çocuk bahçede oynarken yağmur yağmaya başladı, annesi onu eve çağırdı ve sıcak çorba içirdi; güneş.",
    "ru": "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства, и дети пойдут в.",
    "uk": "Щоденна праця на полі біля річки дала їм гарний врожай, і вони їхали додому з піснею, бо ґанок був уже.",
    "bg": "Жълтата дюля беше щастлива, че пухът, който цъфна, замръзна като гьон, а децата играеха на двора до.",
    "el": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία, είπε ο γέρος και κάθισε στη σκιά του δέντρου για να πιει λίγο νερό.",
    "he": "דג סקרן שט בים מאוכזב ולפתע מצא חברה, והם שחו יחד אל החוף שבו ישבו הילדים ואכלו לחם עם גבינה.",
    "ar": "كان الولد الصغير يلعب في الحديقة عندما بدأ المطر ينزل فعاد إلى البيت مع أخته وشرب الشاي الساخن.",
    "th": "เด็กชายเล่นอยู่ในสวนเมื่อฝนเริ่มตก เขาจึงกลับบ้านกับน้องสาวและดื่มน้ำชาร้อนที่แม่เตรียมไว้ให้",
    "ja": "昨日は友達と一緒に公園へ行きました。桜の花がとてもきれいで、たくさんの人が写真を撮っていました。",
    "zh": "昨天我和朋友一起去了公园，那里的花开得很漂亮，很多人都在拍照，孩子们在草地上高兴地跑来跑去。",
    "zh_TW": "昨天我和朋友一起去了公園，那裡的花開得很漂亮，很多人都在拍照，孩子們在草地上高興地跑來跑去。",
    "ko": "어제는 친구와 함께 공원에 갔습니다. 벚꽃이 아주 예뻤고 많은 사람들이 사진을 찍고 있었습니다.",
    "lt": "Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą, o vaikai žiūrėjo į žvaigždes iki ryto.",
    "lv": "Glāžšķūņa rūķīši dzērumā čiepj Baha koncertflīģeļu vākus, bet bērni skatās uz zvaigznēm līdz pašam rītam.",
}
_WEST, _CYRILLIC = ("cp1252", "iso8859-15", "mac-roman", "cp850"), ("cp1251", "koi8-r", "iso8859-5", "cp866")
_CENTRE, _BALTIC = ("cp1250", "iso8859-2", "cp852"), ("cp1257", "iso8859-13", "cp775")
ENCODINGS = {
    **dict.fromkeys(("de", "fr", "es", "sv"), _WEST),
    **dict.fromkeys(("pl", "cs", "hu"), _CENTRE),
    "tr": ("cp1254", "cp857"),
    **dict.fromkeys(("ru", "bg"), _CYRILLIC),
    "uk": ("cp1251", "koi8-u", "cp1125"),
    "el": ("cp1253", "iso8859-7", "cp737"),
    "he": ("cp1255", "iso8859-8", "cp862"),
    "ar": ("cp1256", "iso8859-6"),
    "th": ("cp874",),
    "ja": ("cp932", "euc_jp", "iso2022_jp", "utf-16-le"),
    "zh": ("gb18030", "hz", "utf-16-be"),
    "zh_TW": ("big5", "utf-8"),
    "ko": ("cp949", "johab", "iso2022_kr"),
    "lt": _BALTIC,
    "lv": _BALTIC,
}
LABELLED = [(language, encoding) for language, names in ENCODINGS.items() for encoding in names]


def encoded(language: str, encoding: str) -> bytes:
    """Return the sentence of *language* in *encoding*, without what that lacks."""
    return SENTENCES[language].encode(encoding, "ignore")
