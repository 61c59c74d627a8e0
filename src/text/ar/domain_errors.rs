//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "يُرجى تسجيل الدخول أولًا.",
    invalid_credentials: "البريد الإلكتروني أو كلمة المرور غير صحيحة.",
    second_factor_required: "أدخل رمز تطبيق المصادقة أيضًا.",
    invalid_second_factor: "هذا الرمز غير صحيح أو سبق استخدامه. انتظر الرمز التالي.",
    second_factor_active: "التحقق بخطوتين مفعَّل بالفعل. أوقفه أولًا لإعداد تطبيق آخر.",
    recent_login_required: "أدخل كلمة المرور للمتابعة.",
    token_invalid: "لم يعد هذا الرابط صالحًا: سبق استخدامه أو مضت مدته. اطلب رابطًا جديدًا.",
    email_not_verified: "أكّد بريدك الإلكتروني أولًا: افتح الرابط في الرسالة التي أرسلناها إليه.",
    account_disabled: "هذا الحساب معطَّل. تواصل مع القائمين على هذا الموقع.",
    organizes_competitions: "لديك مسابقات من تنظيمك لم تنتهِ بعد. ألغِها أولًا.",
    forbidden: "هذا الإجراء غير مسموح لك به.",
    not_found: "لم يعد موجودًا.",
    invalid: "بعض الحقول تحتاج إلى مراجعة.",
    email_taken: "يوجد بالفعل حساب بهذا البريد الإلكتروني.",
    stale_form: "هذا النموذج قديم. اضغط الزر مرة أخرى.",
    request_in_progress: "ما زلنا نعالج ضغطتك الأولى. تحقّق مجددًا بعد لحظات.",
    competition_full: "جميع المقاعد محجوزة: حُجز آخرها قبلك بلحظات.",
    already_registered: "لديك تسجيل بالفعل.",
    registration_closed: "التسجيل مغلق.",
    not_open_yet: "لم يُفتح بعد: يُفتح التسجيل يوم {when}.",
    capacity_below_registrations: "المقاعد المحجوزة أكثر من ذلك. اختر عددًا لا يقل عنها.",
    precondition_failed: "حفظ شخص آخر تغييرات وأنت تكتب. الحقول التي لم تغيّرها تعرض الآن تغييراته. وحيث غيّرتما الحقل نفسه، بقي ما كتبته وظهر ما حفظه بجانبه. احفظ مجددًا لاعتماد ذلك.",
    too_many_requests: "كان ذلك سريعًا بعض الشيء. حاول مجددًا بعد {seconds, plural, zero {{seconds} ثانية} one {ثانية واحدة} two {ثانيتين} few {{seconds} ثوانٍ} many {{seconds} ثانية} other {{seconds} ثانية}}.",
    unsupported_picture: "هذا الملف ليس صورة بصيغة JPEG أو PNG أو WebP. اختر ملفًا آخر.",
    pictures_unavailable: "الصور غير متاحة الآن. لم يتغير شيء: حاول مرة أخرى لاحقًا.",
    overloaded: "عدد الزوار كبير جدًا الآن. لم يحدث شيء بعد، ويمكنك إعادة المحاولة بأمان.",
    api_recent_login_required: "سجّل الدخول مجددًا لهذا الإجراء: مضى على تسجيل دخولك أكثر من 15 دقيقة.",
    api_idempotency_key_required: "يلزم Idempotency-Key صالح: من 1 إلى 255 محرفًا مرئيًا من ASCII.",
    api_idempotency_key_reused: "سبق استخدام Idempotency-Key هذا في طلب آخر.",
    api_request_in_progress: "ما زال الطلب الأول الذي يحمل Idempotency-Key هذا قيد المعالجة.",
    api_precondition_failed: "تغيّرت البيانات في هذه الأثناء. حمّلها مجددًا وكرّر تغييرك.",
};
