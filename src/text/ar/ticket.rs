//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "تذكرتك: {title}",
    title: "تم حجز مقعدك!",
    seated: "مقعدك مؤكَّد، وهذه تذكرتك.",
    pending: "المقعد لك، ورسالة التأكيد في طريقها إلى صندوق رسائلك.",
    cancelled_title: "لا يوجد تسجيل",
    cancelled: "أُلغي هذا التسجيل، وتذكرته غير صالحة.",
    number: "التذكرة",
    qr_title: "رمز QR للدخول",
    show_code: "أظهِر هذا الرمز عند الدخول",
    save: "الحفظ كصورة",
    google: "تقويم Google",
    outlook: "Outlook",
    file: "ملف تقويم (.ics)",
    friends: "المشاركة مع الأصدقاء أجمل",
    friends_text: "إليك رابط صفحة المسابقة لإرساله إليهم:",
    copy: "نسخ الرابط",
    copied: "تم النسخ",
    cannot_come: "تعذّر الحضور؟ ألغِ تسجيلك كي يتاح مقعدك لغيرك.",
    changed_mind: "هل تغيّر رأيك؟",
    view_competition: "عرض المسابقة",
};
