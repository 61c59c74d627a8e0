//! Sentences of the mailbox, and of the page behind a reminder's unsubscribe link.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title: "إيقاف التذكيرات بالبريد الإلكتروني؟",
    words: "ستظل التذكيرات تصل إلى صندوق رسائلك هنا؛ لن يتوقف سوى البريد الإلكتروني. وستصلك التأكيدات كالمعتاد.",
    yes: "إيقاف التذكيرات بالبريد الإلكتروني",
    done_title: "تم: لا مزيد من التذكيرات بالبريد الإلكتروني",
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
