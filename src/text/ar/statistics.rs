//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "المقاعد المحجوزة مقابل السعة",
    chart_now: "تم حجز {taken} من أصل {capacity} مقعدًا، و{waiting} في الانتظار.",
    chart_most: "أكبر عدد من التسجيلات، {n}، كان عند {when}.",
    chart_cancelled: "{n, plural, zero {أُلغي {n} تسجيل.} one {أُلغي تسجيل واحد.} two {أُلغي تسجيلان.} few {أُلغيت {n} تسجيلات.} many {أُلغي {n} تسجيلًا.} other {أُلغي {n} تسجيل.}}",
    as_table: "العرض كجدول",
    col_time: "الوقت",
    col_registered: "التسجيلات",
    col_cancelled: "الإلغاءات",
    col_taken: "المقاعد المحجوزة",
    col_waiting: "في الانتظار",
    capacity: "السعة",
    section: "عبر الوقت",
    none: "لا تسجيلات بعد. يبدأ الرسم مع أول تسجيل.",
    referrers: "مصدر الزوار",
    languages: "لغات الزوار",
    direct: "مباشرة",
    others: "أخرى",
    attendance: "من حضر",
    bars_of: "{title}: {values}.",
    col_name: "الاسم",
    col_number: "العدد",
};
