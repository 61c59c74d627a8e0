//! Documents as the application makes them.

use pdf::{Badge, BadgeSheets, Certificate, QrCode, Script};

/// The fonts that the program ships.
pub(crate) const SHIPPED: [&[u8]; 2] = [
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed.ttf"),
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed-Bold.ttf"),
];

/// Returns the folder that stands for a machine on which a Japanese Noto font is installed.
pub(crate) fn machine_with_japanese() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts")
}

fn script(language: &str, right_to_left: bool) -> Script {
    Script {
        language: language.to_owned(),
        right_to_left,
    }
}

/// Returns the QR code of a ticket, with its margin.
pub(crate) fn code() -> QrCode {
    let content = "mc1.AZLwwXpLfD2OXwEjRWeJqw.AAECAwQFBgcICQoLDA0ODw";
    let code = fast_qr::qr::QRBuilder::new(content)
        .build()
        .expect("a short text");
    let size = u16::try_from(code.size).expect("a small code");
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let dark = modules.filter(|(x, y)| code[usize::from(*y)][usize::from(*x)].value());
    QrCode {
        size: size + 8,
        runs: dark.map(|(x, y)| (x + 4, y + 4, 1)).collect(),
    }
}

pub(crate) fn english() -> Certificate {
    Certificate {
        script: script("en", false),
        title: "Certificate of participation".to_owned(),
        awarded_to: "This certificate is awarded to".to_owned(),
        name: "Grace Hopper".to_owned(),
        reason: "for taking part in".to_owned(),
        competition: "Aarhus Night Run".to_owned(),
        dates: "28 November 2026".to_owned(),
        place: None,
        remark: Some("10 km through the old town".to_owned()),
        issuer: "Aarhus Runners".to_owned(),
        issuer_role: "Organizer".to_owned(),
        issued: "Issued on 30 November 2026".to_owned(),
        verification: "Verify this certificate at".to_owned(),
        address: "https://compete.example/certificates/3K7MQ2XP9D4F6H8J1N5RTV".to_owned(),
        code: Some(code()),
    }
}

pub(crate) fn arabic() -> Certificate {
    Certificate {
        script: script("ar", true),
        title: "شهادة مشاركة".to_owned(),
        awarded_to: "تُمنح هذه الشهادة إلى".to_owned(),
        name: "محمد عبد الرحمن".to_owned(),
        reason: "تقديرًا للمشاركة في".to_owned(),
        competition: "سباق القاهرة الليلي 2026".to_owned(),
        dates: "28 نوفمبر 2026".to_owned(),
        remark: None,
        issuer: "نادي القاهرة للجري".to_owned(),
        issuer_role: "الجهة المنظِّمة".to_owned(),
        issued: "صدرت في 30 نوفمبر 2026".to_owned(),
        verification: "للتحقق من هذه الشهادة".to_owned(),
        ..english()
    }
}

pub(crate) fn japanese() -> Certificate {
    Certificate {
        script: script("ja", false),
        title: "参加証".to_owned(),
        awarded_to: String::new(),
        name: "山田太郎 様".to_owned(),
        reason: "下記の大会に参加されたことを証明します".to_owned(),
        competition: "第12回東京夏祭りマラソン".to_owned(),
        dates: "2026年11月28日".to_owned(),
        remark: None,
        issuer: "東京市民マラソン".to_owned(),
        issuer_role: "主催者".to_owned(),
        issued: "発行日：2026年11月30日".to_owned(),
        verification: "この証の確認".to_owned(),
        ..english()
    }
}

/// Returns badges, of which one has a name that no badge has room for.
pub(crate) fn sheets(count: usize) -> BadgeSheets {
    let names = [
        "Ada Lovelace",
        "Grace Hopper",
        "محمد عبد الرحمن",
        "山田太郎",
        "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine",
        "Ólafur Þór Guðmundsson",
    ];
    let badge = |index: usize| Badge {
        name: names[index % names.len()].to_owned(),
        division: (!index.is_multiple_of(3)).then(|| "Half marathon · Women 40".to_owned()),
        number: Some((index + 101).to_string()),
        code: Some(code()),
    };
    BadgeSheets {
        script: script("en", false),
        title: "Badges · Aarhus Night Run".to_owned(),
        competition: "Aarhus Night Run".to_owned(),
        code_description: "QR code of the ticket".to_owned(),
        badges: (0..count).map(badge).collect(),
    }
}
