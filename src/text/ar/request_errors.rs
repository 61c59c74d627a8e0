//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "محتوى الطلب ليس JSON: انظر السطر {line}، العمود {column}.",
    malformed_body: "تعذّرت قراءة محتوى الطلب حتى نهايته.",
    malformed_query: "تعذّرت قراءة معاملات الاستعلام: كل اسم مرة واحدة على الأكثر، وبترميز UTF-8.",
    media_type: "أرسل المحتوى بصيغة application/json.",
    body_too_large: "محتوى الطلب أكبر من أي محتوى نقبله.",
    request_too_large: "الحد الأقصى للطلب {kibibytes} كيبيبايت.",
    proxy: "هذا الخادم ليس وكيلًا (proxy).",
    no_path: "يجب أن يحدّد الطلب مسارًا يبدأ بشرطة مائلة.",
    no_single_host: "يجب أن يحدّد الطلب مضيفًا واحدًا، في حقل Host واحد.",
    bad_request_title: "طلب غير صالح",
    too_slow: "لم يصل محتوى الطلب خلال {seconds, plural, zero {{seconds} ثانية} one {ثانية واحدة} two {ثانيتين} few {{seconds} ثوانٍ} many {{seconds} ثانية} other {{seconds} ثانية}}، فلم يُنفَّذ منه شيء.",
    timed_out: "استغرق ذلك وقتًا طويلًا فأوقفناه. يمكنك إعادة المحاولة بأمان.",
    timed_out_title: "استغرق وقتًا طويلًا",
    cross_site: "لم يأتِ هذا الطلب من صفحاتنا. افتح الصفحة هنا وحاول مجددًا.",
    cross_site_title: "طلب من موقع آخر",
    unreadable_form: "هذا ليس نموذجًا من هذا الموقع، أو ضاع جزء منه في الطريق. لم يتغيّر شيء.",
    unreadable_form_title: "نموذج غير مقروء",
    method_not_allowed: "لا يمكن استخدام هذا العنوان بهذه الطريقة.",
    method_unknown: "هذا العنوان لا يعرف هذه الطريقة. يسرد `Allow` الطرق التي يعرفها.",
    method_not_allowed_title: "الطريقة غير مسموح بها",
    too_many_requests_title: "طلبات كثيرة جدًا",
    overloaded_title: "عدد الزوار كبير جدًا الآن",
    unavailable: "خدمة نحتاج إليها غير متاحة مؤقتًا. يمكنك إعادة المحاولة بأمان.",
    unavailable_title: "غير متاح",
    internal_error: "حدث خلل من جانبنا، وقد رصدناه.",
    internal_error_title: "خطأ داخلي",
    back_to_front_page: "العودة إلى الصفحة الرئيسية",
};
