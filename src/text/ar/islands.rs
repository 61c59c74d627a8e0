//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "{capacity, plural, zero {متاح من أصل {capacity} مقعد} one {مقعد متاح، وهو الوحيد} two {متاح من أصل مقعدين} few {متاح من أصل {capacity} مقاعد} many {متاح من أصل {capacity} مقعدًا} other {متاح من أصل {capacity} مقعد}}",
    seats_taken: "{capacity, plural, zero {لا مقاعد متاحة من أصل {capacity}} one {المقعد الوحيد غير متاح} two {المقعدان غير متاحين} few {لا مقاعد متاحة من أصل {capacity}} many {لا مقاعد متاحة من أصل {capacity}} other {لا مقاعد متاحة من أصل {capacity}}}",
    every_seat_taken: "لا توجد مقاعد متاحة.",
    every_seat_taken_waiting: "لا توجد مقاعد متاحة؛ {n, plural, zero {لا أحد} one {شخص واحد} two {شخصان} few {{n} أشخاص} many {{n} شخصًا} other {{n} شخص}} في الانتظار.",
    seats_left: "{n, plural, zero {لم يبقَ مقعد.} one {بقي مقعد واحد.} two {بقي مقعدان.} few {بقيت {n} مقاعد.} many {بقي {n} مقعدًا.} other {بقي {n} مقعد.}}",
    waiting: "{n} في الانتظار",
    registering: "جارٍ التسجيل…",
    retrying: "الاتصال بطيء. نحاول مجددًا…",
    gave_up: "تعذّر الوصول إلى الخادم. لم يضِع شيء: اضغط الزر مرة أخرى، أو سنحاول عند عودة الاتصال.",
    theme_auto: "المظهر: تلقائي",
    theme_light: "المظهر: فاتح",
    theme_dark: "المظهر: داكن",
    opens_in: "بعد {span}.",
    unread: "{n, plural, zero {لا رسائل غير مقروءة} one {رسالة غير مقروءة} two {رسالتان غير مقروءتين} few {{n} رسائل غير مقروءة} many {{n} رسالة غير مقروءة} other {{n} رسالة غير مقروءة}}",
    closes_in: "يُغلق التسجيل بعد {span}",
    span_days: "{days, plural, zero {{days} يوم} one {يوم واحد} two {يومين} few {{days} أيام} many {{days} يومًا} other {{days} يوم}}",
    span_days_short: "{days, plural, zero {{days} يوم} one {يوم واحد} two {يومين} few {{days} أيام} many {{days} يومًا} other {{days} يوم}}",
    span_days_hours: "{days, plural, zero {{days} يوم} one {يوم} two {يومين} few {{days} أيام} many {{days} يومًا} other {{days} يوم}} و{hours} س",
    span_hours_minutes: "{hours} س {minutes} د",
    span_minutes: "{minutes} د",
    span_minutes_seconds: "{minutes} د {seconds} ث",
    closed: "أُغلق التسجيل",
    suggestions: "اقتراحات",
    field_for_you: "بتوقيت {zone}. بتوقيتك: {own}.",
    for_you: "· {own} بتوقيتك",
    your_time: "منطقتك الزمنية: {zone}",
};
