//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "ما نوع المسابقة؟",
    lead: "يأتي كل نوع بالفئات والأسئلة والأوقات والمقاعد المعتادة في مثل هذه المسابقات. يمكنك تغيير كل شيء.",
    scratch: "البدء من الصفر",
    comes_with: "يتضمن ما يلي:",
    hackathon: "هاكاثون",
    race: "سباق",
    tournament: "بطولة",
    exam: "امتحان",
    workshop: "ورشة عمل",
    hackathon_intro: "نهاية أسبوع واحدة وفكرة واحدة وعرض واحد: ابنوا معًا شيئًا لم يكن موجودًا من قبل.",
    race_intro: "سباق مع الزمن أو للمتعة فقط: نحتفي بكل من يعبر خط النهاية.",
    tournament_intro: "مباراة بعد مباراة، ويلعب الجميع حتى الجولة الأخيرة.",
    exam_intro: "يرجى الحضور إلى قاعتك قبل ربع ساعة ومعك وثيقة هوية.",
    workshop_intro: "تعلّم بالممارسة في مجموعة صغيرة مع وقت لأسئلتك.",
    about: "عمّ تدور",
    programme: "البرنامج",
    bring: "ماذا تحضر معك",
    rules: "القواعد",
    prizes: "الجوائز",
    race_5: "5 كم",
    race_10: "10 كم",
    race_half: "نصف ماراثون",
    race_children: "سباق الأطفال، 1 كم",
    beginners: "المبتدئون",
    advanced: "المتقدمون",
    room: "القاعة {number}",
    rating: "تصنيفك إن وُجد",
    student_number: "الرقم الجامعي",
    exam_consent: "قرأت قواعد الامتحان وسألتزم بها.",
    wish: "ما الذي تريد أن تتقنه بعد ذلك؟",
};
