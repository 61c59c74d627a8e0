use pdf::{BadgeLayout, MOST_BADGES, PdfError, Script, badges};

use crate::{fonts_with_japanese, reading, samples, shipped_fonts};

fn made(count: usize, layout: BadgeLayout) -> pdf::Printed {
    badges(&samples::sheets(count), layout, &fonts_with_japanese()).unwrap()
}

#[test]
fn sheets_hold_ten_cards_or_four_large_badges() {
    for (layout, count, sheets) in [
        (BadgeLayout::Card, 0, 1),
        (BadgeLayout::Card, 10, 1),
        (BadgeLayout::Card, 11, 2),
        (BadgeLayout::Large, 4, 1),
        (BadgeLayout::Large, 5, 2),
    ] {
        let pdf = reading::open(&made(count, layout).pdf);
        assert_eq!(pdf.pages().len(), sheets, "{layout:?} {count}");
    }
}

#[test]
fn a_badge_says_who_it_is_for() {
    for layout in [BadgeLayout::Card, BadgeLayout::Large] {
        let printed = made(6, layout);
        assert_eq!(printed.missing_glyphs, 0);
        let pdf = reading::open(&printed.pdf);
        let text: String = (0..pdf.pages().len())
            .map(|page| reading::text(&pdf, page))
            .collect();
        for part in [
            "Ada Lovelace",
            "Half marathon · Women 40",
            "山田太郎",
            "106",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(text.matches("Aarhus Night Run").count(), 6);
    }
}

#[test]
fn each_badge_has_its_code_inside_of_its_cut_marks() {
    let pdf = reading::open(&made(10, BadgeLayout::Card).pdf);
    let picture = reading::picture(&pdf, 0, 2.0);
    for badge in 0..10 {
        let (column, row) = (f64::from(badge % 2), f64::from(badge / 2));
        let (left, top) = (15.0 + column * 90.0, 13.5 + row * 54.0);
        let module = 30.0 / f64::from(samples::code().size);
        let (x, y) = (left + 90.0 - 4.5 - 30.0, top + 17.0);
        let center = |module_index: f64| (module_index + 0.5) * module;
        // The middle of the upper left finder pattern is dark, and the margin is not.
        assert!(picture.is_dark(x + center(7.0), y + center(7.0)), "{badge}");
        assert!(
            !picture.is_dark(x + center(7.0), y + center(2.0)),
            "{badge}"
        );
        // Where it is cut, nothing is printed.
        for step in 1..54 {
            assert!(
                !picture.is_dark(left, top + f64::from(step)),
                "{badge} {step}"
            );
        }
    }
    // The marks stand beyond the outermost badges. They are thin.
    let picture = reading::picture(&pdf, 0, 5.0);
    assert_eq!(picture.pieces(0.0, 0.0, 210.0, 12.4), 3);
    assert_eq!(picture.pieces(0.0, 13.0, 14.0, 284.0), 6);
}

#[test]
fn the_first_badge_is_where_reading_begins() {
    let place = |right_to_left: bool| {
        let mut sheets = samples::sheets(1);
        sheets.script = Script {
            language: String::from(if right_to_left { "ar" } else { "en" }),
            right_to_left,
        };
        let printed = badges(&sheets, BadgeLayout::Card, &shipped_fonts()).unwrap();
        let glyphs = reading::glyphs(&reading::open(&printed.pdf), 0);
        let name = glyphs.iter().find(|it| it.text == "L").unwrap();
        name.at.x / reading::MM
    };
    assert!(place(false) < 105.0);
    assert!(place(true) > 105.0);
}

#[test]
fn badges_have_bounds() {
    let refused = badges(
        &samples::sheets(MOST_BADGES + 1),
        BadgeLayout::Card,
        &shipped_fonts(),
    );
    assert_eq!(refused, Err(PdfError::TooManyBadges(MOST_BADGES + 1)));
    let mut sheets = samples::sheets(1);
    sheets.badges[0].code.as_mut().unwrap().size = 60_000;
    let refused = badges(&sheets, BadgeLayout::Card, &shipped_fonts());
    assert_eq!(refused, Err(PdfError::CodeTooLarge(60_000)));
}

#[test]
fn the_same_badges_have_the_same_bytes() {
    assert_eq!(made(25, BadgeLayout::Card), made(25, BadgeLayout::Card));
}
