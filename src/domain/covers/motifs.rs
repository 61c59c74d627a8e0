//! The motifs of covers. Their mass is in the right half, so that words fit on the left, and each has
//! exactly one element in the spark colour: the course, the goal, the live trace, the seat.

use std::f64::consts::TAU;

use super::canvas::Drawing;
use crate::model::cover::Palette;

/// A position in a drawing, in pixels.
type Coordinates = (f64, f64);

/// Returns the path of a smooth closed curve: quadratic curves between the middles of a polygon's sides.
fn smooth(points: &[Coordinates]) -> String {
    let middle = |(ax, ay): Coordinates, (bx, by): Coordinates| {
        (f64::midpoint(ax, bx), f64::midpoint(ay, by))
    };
    let next = points.iter().cycle().skip(1);
    let mut path = String::new();
    for (index, (&corner, &following)) in points.iter().zip(next).enumerate() {
        let (x, y) = middle(corner, following);
        if index == 0 {
            let last = points.last().copied().unwrap_or(corner);
            let (from_x, from_y) = middle(last, corner);
            path += &format!("M{from_x:.0} {from_y:.0}");
        }
        path += &format!("Q{:.0} {:.0} {x:.0} {y:.0}", corner.0, corner.1);
    }
    path + "z"
}

/// Draws the contour lines of a hill, and a course that wanders over them.
pub(super) fn contours(drawing: &mut Drawing) {
    let Palette {
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let chance = &mut drawing.chance;
    let centre = (chance.between(760.0, 900.0), chance.between(250.0, 380.0));
    let (turn, p, q) = (
        chance.between(0.0, TAU),
        chance.between(0.0, TAU),
        chance.between(0.0, TAU),
    );
    let at = |level: f64, angle: f64| {
        let dent = 0.2 * libm::sin(2.0 * angle + p + level * 0.06)
            + 0.1 * libm::sin(3.0 * angle + q - level * 0.09);
        let radius = (34.0 + level * 40.0) * (1.0 + dent);
        let (x, y) = (libm::cos(angle), libm::sin(angle));
        (centre.0 + 1.15 * radius * x, centre.1 + radius * y)
    };
    for level in (0..16_u32).rev() {
        let line_at: Vec<_> = (0..20_u32)
            .map(|i| at(f64::from(level), f64::from(i) / 20.0 * TAU))
            .collect();
        let fill = if level == 9 || level == 4 {
            second
        } else {
            "none"
        };
        let width = if level % 4 == 0 { "4.5" } else { "2" };
        drawing.add(format_args!(
            r#"<path d="{}" fill="{fill}" fill-opacity=".7" stroke="{line}" stroke-opacity=".75" stroke-width="{width}"/>"#,
            smooth(&line_at)
        ));
    }
    let course: Vec<_> = (0..14_u32)
        .map(|i| {
            let angle = turn + f64::from(i) / 14.0 * TAU;
            at(5.0 + 1.9 * libm::sin(3.0 * angle + q), angle)
        })
        .collect();
    let (first, last) = (course[0], course[13]);
    let (x, y) = (
        f64::midpoint(first.0, last.0),
        f64::midpoint(first.1, last.1),
    );
    drawing.add(format_args!(
        r#"<path d="{}" fill="none" stroke="{spark}" stroke-width="11" stroke-linejoin="round"/><circle cx="{x:.0}" cy="{y:.0}" r="19" fill="{second}" stroke="{spark}" stroke-width="11"/>"#,
        smooth(&course)
    ));
}

/// The side of a square of the board, in pixels.
const SQUARE: i32 = 112;
/// The moves of a knight, in squares.
const KNIGHT: [(i32, i32); 8] = [
    (1, 2),
    (2, 1),
    (2, -1),
    (1, -2),
    (-1, -2),
    (-2, -1),
    (-2, 1),
    (-1, 2),
];

/// Draws a board at an angle, and a knight's walk over its middle that visits no square twice.
pub(super) fn board(drawing: &mut Drawing) {
    let Palette {
        ground,
        line,
        spark,
        ..
    } = drawing.colours;
    let angle = drawing.chance.between(-34.0, -14.0);
    drawing.add(format_args!(
        r#"<g transform="rotate({angle:.0} 800 315)">"#
    ));
    let corner =
        |(column, row): (i32, i32)| (800 + (column - 5) * SQUARE, 315 + (row - 5) * SQUARE);
    // Squares of the same strength are one path, which is smaller than one element for each.
    let mut strengths = [
        (".5", String::new()),
        (".3", String::new()),
        (".2", String::new()),
    ];
    for square in (0..10).flat_map(|column| (0..10).map(move |row| (column, row))) {
        if (square.0 + square.1) % 2 == 0 {
            let (x, y) = corner(square);
            let strength = [0, 1, 1, 2, 2][drawing.chance.below(5) as usize];
            strengths[strength].1 += &format!("M{x} {y}h{SQUARE}v{SQUARE}h-{SQUARE}z");
        }
    }
    for (opacity, squares) in &strengths {
        drawing.add(format_args!(
            r#"<path d="{squares}" fill="{line}" fill-opacity="{opacity}"/>"#
        ));
    }
    let start = |number: u32| i32::try_from(number).unwrap_or_default();
    let mut walk = vec![(
        3 + start(drawing.chance.below(2)),
        4 + start(drawing.chance.below(2)),
    )];
    for _ in 0..5 {
        let from = walk.last().copied().unwrap_or((4, 4));
        let first = drawing.chance.below(8) as usize;
        let jumps = KNIGHT.iter().cycle().skip(first).take(8);
        let next = jumps
            .map(|jump| (from.0 + jump.0, from.1 + jump.1))
            .find(|to| (2..8).contains(&to.0) && (3..7).contains(&to.1) && !walk.contains(to));
        walk.extend(next);
    }
    let middles: Vec<_> = walk
        .iter()
        .map(|square| corner(*square))
        .map(|(x, y)| (x + SQUARE / 2, y + SQUARE / 2))
        .collect();
    let points: Vec<_> = middles.iter().map(|(x, y)| format!("{x},{y}")).collect();
    drawing.add(format_args!(
        r#"<polyline points="{}" fill="none" stroke="{spark}" stroke-width="10" stroke-linejoin="round" stroke-linecap="round"/>"#,
        points.join(" ")
    ));
    for (index, (x, y)) in middles.iter().enumerate() {
        let goal = index + 1 == middles.len();
        let (radius, fill) = if goal { (38, spark) } else { (15, ground) };
        drawing.add(format_args!(
            r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{spark}" stroke-width="9"/>"#
        ));
    }
    drawing.add(format_args!("</g>"));
}

/// Draws a chip with six pins on each side and their traces, one of which is live.
pub(super) fn circuit(drawing: &mut Drawing) {
    let Palette {
        ground,
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let (cx, cy) = (
        drawing.chance.between(760.0, 860.0),
        drawing.chance.between(280.0, 350.0),
    );
    // The live trace leaves the chip upwards or to the left, where pages do not cut it off.
    let live = 12 + drawing.chance.below(12);
    for side in 0..4_u32 {
        drawing.add(format_args!(
            r#"<g transform="translate({cx:.0} {cy:.0}) rotate({})" fill="none" stroke-linecap="round" stroke-linejoin="round">"#,
            side * 90
        ));
        for pin in 0..6_u32 {
            // Outer pins bend first and away from the middle, so that no trace crosses another.
            let offset = f64::from(pin) * 34.0 - 85.0;
            let from_middle = (f64::from(pin) - 2.5).abs();
            let bend = 150.0 + (2.5 - from_middle) * 44.0;
            let slant = from_middle * 26.0;
            let end = bend + slant + drawing.chance.between(30.0, 300.0);
            let y = offset + slant * offset.signum();
            let lit = side * 6 + pin == live;
            let (colour, fill, width) = if lit {
                (spark, spark, 10)
            } else {
                (line, ground, 7)
            };
            drawing.add(format_args!(
                r#"<path d="M112 {offset:.0}H{bend:.0}L{:.0} {y:.0}H{end:.0}" stroke="{colour}" stroke-width="{width}"/><circle cx="{:.0}" cy="{y:.0}" r="12" fill="{fill}" stroke="{colour}" stroke-width="{width}"/>"#,
                bend + slant,
                end + 12.0
            ));
        }
        drawing.add(format_args!("</g>"));
    }
    drawing.add(format_args!(
        r#"<rect x="{:.0}" y="{:.0}" width="224" height="224" rx="36" fill="{second}" stroke="{line}" stroke-width="7"/><rect x="{:.0}" y="{:.0}" width="104" height="104" rx="18" fill="{spark}"/>"#,
        cx - 112.0,
        cy - 112.0,
        cx - 52.0,
        cy - 52.0
    ));
}

/// Draws nine arcs of different lengths around one centre, one of which is lit.
pub(super) fn arcs(drawing: &mut Drawing) {
    let Palette {
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let (cx, cy) = (
        drawing.chance.between(800.0, 920.0),
        drawing.chance.between(270.0, 360.0),
    );
    let lit = 2 + drawing.chance.below(4);
    for ring in 0..9_u32 {
        let radius = 46 + 52 * ring;
        let from = drawing.chance.between(0.0, TAU);
        let sweep = drawing.chance.between(0.28, 0.82) * TAU;
        let point = |angle: f64| {
            let radius = f64::from(radius);
            (
                cx + radius * libm::cos(angle),
                cy + radius * libm::sin(angle),
            )
        };
        let ((x, y), (to_x, to_y)) = (point(from), point(from + sweep));
        let long = u8::from(sweep > TAU / 2.0);
        let (colour, opacity) = match ring {
            ring if ring == lit => (spark, "1"),
            ring => (line, [".95", ".6", ".8"][ring as usize % 3]),
        };
        drawing.add(format_args!(
            r#"<circle cx="{cx:.0}" cy="{cy:.0}" r="{radius}" fill="none" stroke="{second}" stroke-width="26"/><path d="M{x:.0} {y:.0}A{radius} {radius} 0 {long} 1 {to_x:.0} {to_y:.0}" fill="none" stroke="{colour}" stroke-opacity="{opacity}" stroke-width="26" stroke-linecap="round"/>"#
        ));
    }
}

/// Draws waves above each other, which swell to the right; one of them is lit.
pub(super) fn waves(drawing: &mut Drawing) {
    let Palette {
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let lit = 5 + drawing.chance.below(4);
    let (phase, drift) = (
        drawing.chance.between(0.0, TAU),
        drawing.chance.between(0.18, 0.42),
    );
    let length = drawing.chance.between(420.0, 560.0);
    for wave in 0..13_u32 {
        let at = |step: u32| {
            let x = f64::from(step) * 70.0 - 40.0;
            // Little on the left, most of it at two thirds of the width.
            let swell = 7.0 + 88.0 * libm::exp(-libm::pow((x - 850.0) / 330.0, 2.0));
            let angle = x / length * TAU + phase + f64::from(wave) * drift;
            let middle = f64::from(wave) * 54.0 - 10.0;
            (x, middle + swell * libm::sin(angle))
        };
        let (start, first) = (at(0), at(1));
        let mut path = format!(
            "M{:.0} {:.0}Q{:.0} {:.0}",
            start.0, start.1, first.0, first.1
        );
        for step in 2..20 {
            let ((x, y), (next_x, next_y)) = (at(step - 1), at(step));
            // The curve turns smoothly (T) at the middle of two points.
            let (x, y) = (f64::midpoint(x, next_x), f64::midpoint(y, next_y));
            let mark = if step == 2 { " " } else { "T" };
            path += &format!("{mark}{x:.0} {y:.0}");
        }
        let (colour, strength, width) = match wave {
            wave if wave == lit => (spark, "1", 14),
            wave => (line, [".9", ".45", ".7"][wave as usize % 3], 6),
        };
        // Every third wave stands in front of the ones above it.
        if wave % 3 == 2 {
            drawing.add(format_args!(
                r#"<path d="{path}V700H-40z" fill="{second}" fill-opacity=".5"/>"#
            ));
        }
        drawing.add(format_args!(
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-opacity="{strength}" stroke-width="{width}"/>"#
        ));
    }
}

/// Draws the rows of a hall with two aisles; one seat is lit.
pub(super) fn seats(drawing: &mut Drawing) {
    let Palette {
        second,
        line,
        spark,
        ..
    } = drawing.colours;
    let (cx, cy) = (
        drawing.chance.between(780.0, 860.0),
        drawing.chance.between(640.0, 690.0),
    );
    let (lit_row, lit_at) = (
        2 + drawing.chance.below(3),
        drawing.chance.between(0.42, 0.58),
    );
    // A seat is a line without length and with round ends: a few bytes each.
    let (mut taken, mut free, mut yours) = (String::new(), String::new(), (cx, 300.0));
    for row in 0..11_u32 {
        let radius = 150.0 + 62.0 * f64::from(row);
        let mut count = 0;
        while f64::from(count + 1) * 58.0 <= radius * 0.46 * TAU {
            count += 1;
        }
        for seat in 0..=count {
            let along = f64::from(seat) / f64::from(count);
            let angle = TAU * (0.52 + 0.46 * along);
            let aisle = |at: f64| ((angle - TAU * at) * radius).abs() < 46.0;
            if aisle(0.67) || aisle(0.83) {
                continue;
            }
            let (x, y) = (
                cx + radius * libm::cos(angle),
                cy + radius * libm::sin(angle),
            );
            let lit = row == lit_row && (along - lit_at).abs() * f64::from(count) <= 0.5;
            let dim = drawing.chance.below(5) == 0;
            if lit {
                yours = (x, y);
            } else if (-30.0..1230.0).contains(&x) && (-30.0..660.0).contains(&y) {
                let seats = if dim { &mut taken } else { &mut free };
                *seats += &format!("M{x:.0} {y:.0}h.1");
            }
        }
    }
    for (seats, colour) in [(&taken, second), (&free, line)] {
        drawing.add(format_args!(
            r#"<path d="{seats}" stroke="{colour}" stroke-width="36" stroke-linecap="round"/>"#
        ));
    }
    let (x, y) = yours;
    drawing.add(format_args!(
        r#"<circle cx="{x:.0}" cy="{y:.0}" r="30" fill="{spark}"/>"#
    ));
}
