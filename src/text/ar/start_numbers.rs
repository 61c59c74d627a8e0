//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "أرقام الانطلاق",
    lead: "يحصل كل من لديه مقعد على رقم وفق قاعدة. تبقى الأرقام الممنوحة كما هي، ولا يُمنح رقم مرتين حتى بعد الإلغاء.",
    order: "الترتيب",
    by_name: "حسب الاسم",
    by_registration: "حسب وقت التسجيل",
    from: "الرقم الأول",
    from_hint: "للفئات التي ليست لها أرقام خاصة. تأتي الفئات واحدة بعد الأخرى.",
    preview: "عرض المعاينة",
    preview_title: "معاينة",
    to_give: "أرقام ستُمنح: {n}",
    kept: "أرقام تبقى: {n}",
    without: "بلا رقم لأن نطاق فئتهم استُنفد: {n}",
    first_of_them: "أولهم",
    give: "منح هذه الأرقام",
    given: "أُعطيت أرقام: {n}",
    nobody: "كل من لديه مقعد له رقم.",
    number: "رقم الانطلاق",
    column: "رقم",
    division_from: "أول رقم انطلاق",
    division_to: "آخر رقم انطلاق",
    out_of_order: "لا يمكن أن يكون الرقم الأخير أصغر من الأول.",
    half_a_range: "أدخل الرقم الأول والأخير معًا، أو اتركهما فارغين.",
};
