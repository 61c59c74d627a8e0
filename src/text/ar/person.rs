//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "ما حدث",
    seat_taken: "تسجيل بمقعد",
    waitlisted: "انضمام إلى قائمة الانتظار",
    promoted: "مقعد من قائمة الانتظار",
    cancelled: "مُلغى",
    queued: "ستُكتب رسالة قريبًا ({job})",
    attempt_failed: "{n, plural, zero {تعذّرت كتابة رسالة؛ ستُعاد المحاولة ({job})} one {تعذّرت كتابة رسالة مرة واحدة؛ ستُعاد المحاولة ({job})} two {تعذّرت كتابة رسالة مرتين؛ ستُعاد المحاولة ({job})} few {تعذّرت كتابة رسالة {n} مرات؛ ستُعاد المحاولة ({job})} many {تعذّرت كتابة رسالة {n} مرة؛ ستُعاد المحاولة ({job})} other {تعذّرت كتابة رسالة {n} مرة؛ ستُعاد المحاولة ({job})}}",
    given_up: "تعذّرت كتابة رسالة ({job}). يمكن لمسؤول إعادة المحاولة.",
    written: "رسالة في صندوق الرسائل: {kind}",
    sent: "أُرسلت بالبريد: {kind}",
    notes: "ملاحظات",
    notes_lead: "لا يراها إلا من يديرون هذه المسابقة.",
    notes_none: "لا توجد ملاحظات بعد.",
    note: "ملاحظة",
    add_note: "إضافة الملاحظة",
    delete_note: "حذف ملاحظة {author}",
    note_added: "حُفظت الملاحظة.",
    note_deleted: "حُذفت الملاحظة.",
    too_many_notes: "{n, plural, zero {لا ملاحظات للتسجيل. احذف واحدة أولًا.} one {للتسجيل ملاحظة واحدة على الأكثر. احذف واحدة أولًا.} two {للتسجيل ملاحظتان على الأكثر. احذف واحدة أولًا.} few {للتسجيل {n} ملاحظات على الأكثر. احذف واحدة أولًا.} many {للتسجيل {n} ملاحظة على الأكثر. احذف واحدة أولًا.} other {للتسجيل {n} ملاحظة على الأكثر. احذف واحدة أولًا.}}",
    acts: "التسجيل",
    cancel: "إلغاء التسجيل…",
    to_list: "جميع الأشخاص",
    open_page: "فتح كصفحة",
    not_sent: "تعذّر الوصول إلى الخادم. ما كتبته لا يزال هنا: حاول مرة أخرى.",
};
