//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "الصورة",
    lead: "تظهر في البطاقات وفي الصفحة وفي معاينة الروابط. إذا لم توجد صورة، فسنرسم غلافًا.",
    present: "ما يظهر الآن",
    file: "صورة جديدة",
    file_hint: "بصيغة JPEG أو PNG أو WebP، بحجم 10 ميغابايت على الأكثر و600 × 315 بكسل على الأقل. يُحذف مكان التقاط الصورة.",
    alt: "ماذا يظهر فيها؟",
    alt_hint: "جملة لمن لا يستطيع رؤيتها، مثل: عدّاؤون يعبرون جسرًا عند شروق الشمس.",
    focus: "الجزء الذي يبقى ظاهرًا",
    focus_center: "الوسط",
    focus_top: "الأعلى",
    focus_bottom: "الأسفل",
    focus_left: "اليسار",
    focus_right: "اليمين",
    focus_top_left: "الزاوية العليا اليسرى",
    focus_top_right: "الزاوية العليا اليمنى",
    focus_bottom_left: "الزاوية السفلى اليسرى",
    focus_bottom_right: "الزاوية السفلى اليمنى",
    save: "استخدام هذه الصورة",
    remove: "إزالة الصورة",
    change: "تغيير الصورة",
    unavailable: "لا يمكن رفع الصور هنا: على القائمين على هذا الموقع ضبط STORAGE_URL أولًا.",
    too_large: "حجم الصورة 10 ميغابايت على الأكثر. اختر ملفًا أصغر.",
    none_chosen: "اختر ملفًا أولًا.",
    too_small: "هذه الصورة صغيرة جدًا: يلزم 600 × 315 بكسل على الأقل.",
    too_many_pixels: "عدد البكسلات في هذه الصورة كبير جدًا: الحد الأقصى 50 مليون بكسل، و16,000 لكل ضلع.",
    unreadable: "تعذّرت قراءة هذه الصورة. ربما تكون تالفة: احفظها من جديد ثم حاول مرة أخرى.",
    alt_too_long: "صِف الصورة في 250 حرفًا على الأكثر.",
    unknown_type: "هذا الملف ليس صورة بصيغة JPEG أو PNG أو WebP. اختر ملفًا آخر.",
};
