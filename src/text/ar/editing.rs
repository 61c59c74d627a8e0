//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, zero {إخبار {n} شخص؟} one {إخبار شخص واحد؟} two {إخبار شخصين؟} few {إخبار {n} أشخاص؟} many {إخبار {n} شخصًا؟} other {إخبار {n} شخص؟}}",
    notify_lead: "لقد سجّلوا لوقت أو مكان آخر. إذا أخبرتهم، تصل إلى كل منهم رسالة بما كان وبما هو الآن.",
    notify_was: "سابقًا: {value}",
    notify_unknown: "غير محدد",
    notify_yes: "{n, plural, zero {حفظ وإخبار {n} شخص} one {حفظ وإخبار شخص واحد} two {حفظ وإخبار شخصين} few {حفظ وإخبار {n} أشخاص} many {حفظ وإخبار {n} شخصًا} other {حفظ وإخبار {n} شخص}}",
    notify_no: "حفظ دون إخبار أحد",
    preview: "معاينة الوصف",
    preview_title: "هكذا سيظهر الوصف",
    preview_empty: "لا يوجد وصف بعد.",
    close: "إغلاق التسجيل",
    close_title: "إغلاق التسجيل الآن؟",
    close_words: "من الآن لن يتمكن أحد من التسجيل أو الانضمام إلى قائمة الانتظار. يبقى المسجّلون مسجّلين. يمكنك إعادة فتح التسجيل حتى تبدأ المسابقة.",
    close_yes: "نعم، أغلقه",
    close_no: "إبقاؤه مفتوحًا",
    reopen: "إعادة فتح التسجيل",
    reopen_title: "إعادة فتح التسجيل",
    reopen_words: "حدّد حتى متى يمكن التسجيل. يُفتح فور الحفظ.",
    reopen_yes: "إعادة الفتح",
    delete_registered: "{n, plural, zero {{n} شخص مسجّل. ألغِ المسابقة أولًا ليُخبَر، وبعدها يمكنك حذفها.} one {شخص واحد مسجّل. ألغِ المسابقة أولًا ليُخبَر، وبعدها يمكنك حذفها.} two {شخصان مسجّلان. ألغِ المسابقة أولًا ليُخبَرا، وبعدها يمكنك حذفها.} few {{n} أشخاص مسجّلون. ألغِ المسابقة أولًا ليُخبَروا، وبعدها يمكنك حذفها.} many {{n} شخصًا مسجّلون. ألغِ المسابقة أولًا ليُخبَروا، وبعدها يمكنك حذفها.} other {{n} شخص مسجّلون. ألغِ المسابقة أولًا ليُخبَروا، وبعدها يمكنك حذفها.}}",
    delete_type: "لحذفها اكتب عنوانها: {title}",
    delete_other_title: "هذا ليس عنوان المسابقة.",
};
