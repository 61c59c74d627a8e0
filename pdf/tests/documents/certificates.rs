use pdf::{Certificate, LONGEST_TEXT, PdfError, Printed, certificate};

use crate::{
    fonts_with_japanese,
    reading::{self, MM},
    samples, shipped_fonts,
};

/// Where the name stands, in millimetres: the left edge, the upper one, the right one and the lower one.
const NAME: [f64; 4] = [30.0, 58.0, 267.0, 81.0];

fn made(sample: &Certificate) -> Printed {
    certificate(sample, &fonts_with_japanese()).unwrap()
}

fn named(name: &str) -> Certificate {
    Certificate {
        name: name.to_owned(),
        ..samples::english()
    }
}

#[test]
fn a_certificate_says_everything_in_reading_order() {
    let printed = made(&samples::english());
    let pdf = reading::open(&printed.pdf);
    assert_eq!(pdf.pages().len(), 1);
    let expected = "Certificate of participation\
        This certificate is awarded to\
        Grace Hopper\
        for taking part in\
        Aarhus Night Run\
        28 November 2026\
        10 km through the old town\
        Aarhus Runners\
        Organizer\
        Issued on 30 November 2026\
        Verify this certificate at\
        https://compete.example/certificates/3K7MQ2XP9D4F6H8J1N5RTV";
    assert_eq!(reading::text(&pdf, 0), expected);
    assert_eq!(printed.missing_glyphs, 0);
}

#[test]
fn a_certificate_has_a_title_a_language_and_tags() {
    for (sample, language) in [(samples::english(), "en"), (samples::arabic(), "ar")] {
        let printed = made(&sample);
        let pdf = reading::open(&printed.pdf);
        let title = pdf.metadata().title.clone().unwrap();
        assert!(!title.is_empty());
        let file = String::from_utf8_lossy(&printed.pdf);
        let expected = format!("/Lang({language})");
        assert!(file.contains(&expected), "{expected}");
        assert!(file.contains("/StructTreeRoot") && file.contains("/Marked true"));
        assert_eq!(file.contains("/Direction/R2L"), language == "ar");
    }
}

#[test]
fn arabic_letters_are_joined() {
    // None of these letters has dots, and each joins the next.
    let sample = Certificate {
        name: "محمد".to_owned(),
        ..samples::arabic()
    };
    let printed = certificate(&sample, &shipped_fonts()).unwrap();
    assert_eq!(printed.missing_glyphs, 0);
    let pdf = reading::open(&printed.pdf);
    let [left, top, right, bottom] = NAME;
    let picture = reading::picture(&pdf, 0, 3.0);
    assert_eq!(picture.pieces(left, top, right, bottom), 1);

    // The same letters do not join in this order of a letter and a space.
    let apart = Certificate {
        name: "م ح م د".to_owned(),
        ..sample
    };
    let printed = certificate(&apart, &shipped_fonts()).unwrap();
    let pdf = reading::open(&printed.pdf);
    let picture = reading::picture(&pdf, 0, 3.0);
    assert_eq!(picture.pieces(left, top, right, bottom), 4);
}

#[test]
fn arabic_runs_from_right_to_left_and_its_numbers_from_left_to_right() {
    let printed = made(&samples::arabic());
    let pdf = reading::open(&printed.pdf);
    let glyphs = reading::glyphs(&pdf, 0);
    let place = |text: &str| glyphs.iter().find(|it| it.text == text).unwrap().at.x;
    // The title begins with a sheen, which stands to the right of the letter that ends its first word.
    assert!(place("ش") > place("ة"));
    let text = reading::text(&pdf, 0);
    assert!(text.contains("2026"), "{text}");
    assert!(text.contains("https://compete.example/"), "{text}");
}

#[test]
fn a_page_of_a_language_from_right_to_left_is_mirrored() {
    // The QR code stands where lines end. The middle of its upper left finder pattern is dark.
    let pattern = 7.5 * 26.0 / f64::from(samples::code().size);
    let y = 160.0 + pattern;
    for (sample, expected) in [(samples::english(), false), (samples::arabic(), true)] {
        let pdf = reading::open(&made(&sample).pdf);
        let picture = reading::picture(&pdf, 0, 2.0);
        let (left, right) = (22.0 + pattern, 297.0 - 22.0 - 26.0 + pattern);
        assert_eq!(picture.is_dark(left, y), expected);
        assert_eq!(picture.is_dark(right, y), !expected);
    }
}

#[test]
fn japanese_needs_a_font_of_the_machine_and_has_all_its_glyphs_then() {
    let sample = samples::japanese();
    let printed = certificate(&sample, &fonts_with_japanese()).unwrap();
    assert_eq!(printed.missing_glyphs, 0);
    let text = reading::text(&reading::open(&printed.pdf), 0);
    for part in [
        &sample.title,
        &sample.name,
        &sample.competition,
        &sample.issued,
    ] {
        assert!(text.contains(part.as_str()), "{part} in {text}");
    }

    let without = certificate(&sample, &shipped_fonts()).unwrap();
    assert!(without.missing_glyphs > 10);
}

#[test]
fn a_long_name_is_smaller_or_on_two_lines_and_stays_in_its_place() {
    let spaced = "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine Zebadiah Oliver ".repeat(6);
    for name in [
        "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine",
        "W".repeat(100).as_str(),
        "W".repeat(LONGEST_TEXT).as_str(),
        "山".repeat(LONGEST_TEXT).as_str(),
        "م".repeat(LONGEST_TEXT).as_str(),
        &spaced[..LONGEST_TEXT - 10],
    ] {
        let pdf = reading::open(&made(&named(name)).pdf);
        let all = reading::glyphs(&pdf, 0);
        let first = name.chars().next().unwrap().to_string();
        let [left, top, right, bottom] = NAME.map(|mm| mm * MM);
        let in_name = all.iter().filter(|it| it.at.y > top && it.at.y < bottom);
        let in_name: Vec<_> = in_name.collect();
        assert!(in_name.iter().any(|it| it.text.contains(&first)), "{name}");
        for glyph in in_name {
            assert!(glyph.at.x >= left - 1.0 && glyph.at.x <= right, "{glyph:?}");
        }
        let picture = reading::picture(&pdf, 0, 1.0);
        // Nothing is drawn outside of the column of texts, up to the frame.
        assert_eq!(picture.pieces(13.0, 57.0, 29.0, 81.0), 0, "{name}");
        assert_eq!(picture.pieces(268.0, 57.0, 284.0, 81.0), 0, "{name}");
    }
}

#[test]
fn a_name_that_fits_is_whole_and_one_that_does_not_ends_in_dots() {
    let name = |name: &str| reading::text(&reading::open(&made(&named(name)).pdf), 0);
    assert!(
        name("Wolfeschlegelsteinhausenbergerdorff").contains("Wolfeschlegelsteinhausenbergerdorff")
    );
    assert!(name(&"W".repeat(LONGEST_TEXT)).contains("W…"));
}

#[test]
fn the_same_certificate_has_the_same_bytes() {
    for sample in [samples::english(), samples::arabic(), samples::japanese()] {
        let first = certificate(&sample, &fonts_with_japanese()).unwrap();
        let second = certificate(&sample, &fonts_with_japanese()).unwrap();
        assert_eq!(first, second);
    }
}

#[test]
fn a_text_without_bounds_is_refused() {
    let length = LONGEST_TEXT + 1;
    let refused = certificate(&named(&"x".repeat(length)), &shipped_fonts());
    assert_eq!(refused, Err(PdfError::TextTooLong(length)));
}

#[test]
fn characters_that_are_no_text_leave_a_certificate_that_can_be_read() {
    for name in [
        "",
        "\u{0}",
        "a\nb\tc",
        "\u{202e}abc",
        "👩‍👩‍👧",
        "\u{1f1e9}",
        "é\u{301}\u{301}\u{301}",
    ] {
        let printed = made(&named(name));
        assert_eq!(reading::open(&printed.pdf).pages().len(), 1, "{name:?}");
    }
    let text = reading::text(&reading::open(&made(&named("a\nb\tc")).pdf), 0);
    assert!(text.contains("a b c"), "{text}");
}

#[test]
fn a_certificate_is_small() {
    let size = made(&samples::english()).pdf.len();
    assert!(size < 100_000, "{size} bytes");
}
