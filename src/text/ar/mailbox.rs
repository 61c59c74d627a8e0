//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "إيقاف التذكيرات بالبريد الإلكتروني؟",
    title_opening_reminders: "إيقاف تذكيرات فتح التسجيل بالبريد الإلكتروني؟",
    title_announcements: "إيقاف الإعلانات بالبريد الإلكتروني؟",
    words: "ستظل تصل إلى صندوق رسائلك هنا؛ لن يتوقف سوى البريد الإلكتروني. وستصلك التأكيدات كالمعتاد.",
    yes: "إيقاف هذه الرسائل",
    done_title: "تم: لن تصلك هذه الرسائل بالبريد الإلكتروني بعد الآن",
    done: "ستظل تصل إلى صندوق رسائلك هنا.",
    to_mailbox: "الانتقال إلى صندوق رسائلك",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "صندوق الرسائل",
    list: "الرسائل",
    all: "الكل",
    unread: "غير مقروءة",
    none_title: "لا رسائل",
    none: "تصل إلى هنا التأكيدات والتذكيرات وأخبار المنظِّمين.",
    none_unread_title: "لا رسائل غير مقروءة",
    none_unread: "لا جديد منذ زيارتك الأخيرة.",
    choose: "اختر رسالة لقراءتها.",
    new: "جديدة",
    mark_read: "تحديد كمقروءة",
    to_list: "جميع الرسائل",
    competition: "عرض المسابقة",
    registrations: "عرض تسجيلاتي",
    kind_confirmation: "تأكيد",
    kind_waitlist: "قائمة الانتظار",
    kind_promotion: "مقعد لك",
    kind_reminder: "تذكير",
    kind_cancellation: "إلغاء",
    kind_change: "موعد أو مكان جديد",
    kind_announcement: "أخبار",
    kind_account: "الحساب",
};
