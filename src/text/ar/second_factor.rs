//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "التحقق بخطوتين",
    lead: "عند تفعيله، لا تكفي كلمة مرورك وحدها للدخول: يتطلب تسجيل الدخول أيضًا رمزًا من تطبيق على هاتفك.",
    required: "أنت من القائمين على هذا الموقع، فيجب ألا تكفي كلمة مرورك وحدها للدخول. أعدّ تطبيقًا على هاتفك، ثم تابع.",
    off: "غير مفعَّل. عند تفعيله، لا تكفي كلمة مرورك وحدها للدخول.",
    on_since: "مفعَّل منذ",
    codes_left: "{left, plural, zero {لم يتبقَّ أي رمز استرداد.} one {تبقّى رمز استرداد واحد.} two {تبقّى رمزا استرداد.} few {تبقّت {left} رموز استرداد.} many {تبقّى {left} رمز استرداد.} other {تبقّى {left} رمز استرداد.}}",
    set_up: "إعداد التحقق بخطوتين",
    change: "إيقاف أو تغيير",
    another_secret: "الحصول على رمز QR آخر",
    scan: "امسح هذا الرمز بتطبيق المصادقة.",
    qr_title: "رمز QR لتطبيق المصادقة",
    open_app: "فتح التطبيق على هذا الجهاز",
    type_secret: "أو اكتب هذا المفتاح فيه:",
    app_code: "الرمز من تطبيقك",
    app_code_hint: "الأرقام الستة التي يعرضها الآن.",
    turn_on: "تفعيل",
    codes_title: "احفظ رموز الاسترداد",
    codes_lead: "دون هاتفك، يتيح لك كل رمز منها تسجيل الدخول مرة واحدة. احتفظ بها في مكان تجدها فيه، فلا يمكننا عرضها مجددًا.",
    codes_saved: "حفظتُها",
    remove_lead: "يتطلب تسجيل الدخول رمزًا من تطبيقك. لديك هاتف جديد؟ أوقف التحقق بخطوتين، ثم أعد إعداده.",
    turn_off: "إيقاف التحقق بخطوتين",
    step_title: "أدخل الرمز",
    step_lead: "يعرضه تطبيق المصادقة.",
    code: "الرمز من تطبيقك",
    recovery_hint: "فقدت هاتفك؟ أدخل رمز استرداد بدلًا منه.",
    other_account: "تسجيل الدخول إلى حساب آخر",
    begin_again: "استغرق ذلك وقتًا أطول من اللازم. سجّل الدخول مرة أخرى.",
};
