//! Sparklines: a row of numbers as a small line without axes. The number that matters stands beside it.

use leptos::prelude::*;

/// The width of the drawing, in pixels.
const WIDTH: f64 = 88.0;
/// The height of the drawing, in pixels.
const HEIGHT: f64 = 26.0;
/// The distance of the line from the edges, in pixels.
const MARGIN: f64 = 3.0;

/// The geometry of a sparkline.
#[derive(Debug, Clone, PartialEq)]
struct SparklineShape {
    /// The corners of the line, as SVG writes them.
    line: String,
    /// The last corner of the line.
    end: (f64, f64),
}

impl SparklineShape {
    /// Places values on a scale that begins at zero. Without values, or with zeros alone, the line is the baseline.
    #[allow(clippy::cast_precision_loss, reason = "coordinates of a drawing")]
    fn of(values: &[u64]) -> Self {
        let most = values.iter().copied().max().unwrap_or(0).max(1) as f64;
        let steps = values.len().saturating_sub(1).max(1) as f64;
        let round = |number: f64| (number * 10.0).round() / 10.0;
        let corner = |(index, value): (usize, &u64)| {
            let x = MARGIN + (WIDTH - 2.0 * MARGIN) * index as f64 / steps;
            let y = HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * *value as f64 / most;
            (round(x), round(y))
        };
        let corners: Vec<_> = values.iter().enumerate().map(corner).collect();
        let texts: Vec<_> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
        Self {
            line: texts.join(" "),
            end: corners.last().copied().unwrap_or((MARGIN, HEIGHT - MARGIN)),
        }
    }
}

/// Shows a row of numbers as a line, the newest at the end.
#[component]
pub fn Sparkline(
    /// The numbers, the oldest first.
    values: Vec<u64>,
    /// The beginning of the ids of the title and the description.
    id: String,
    /// What the line shows.
    title: String,
    /// The numbers in words.
    description: String,
) -> impl IntoView {
    let SparklineShape { line, end: (x, y) } = SparklineShape::of(&values);
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let area = format!("M{MARGIN},{HEIGHT} L{line} V{HEIGHT} Z");
    let labelled_by = format!("{title_id} {text_id}");
    view! {
        <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") width="88" height="26" role="img"
            aria-labelledby=labelled_by>
            <title id=title_id>{title}</title>
            <desc id=text_id>{description}</desc>
            <path class="spark-area" d=area></path>
            <path class="spark-line" d=format!("M{line}")></path>
            <circle cx=x.to_string() cy=y.to_string() r="2.2"></circle>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_value_touches_the_top_and_zero_the_bottom() {
        let shape = SparklineShape::of(&[0, 10, 5]);
        assert_eq!(shape.line, "3,23 44,3 85,13");
        assert_eq!(shape.end, (85.0, 13.0));
    }

    #[test]
    fn nothing_and_zeros_alone_lie_on_the_baseline() {
        assert_eq!(SparklineShape::of(&[0, 0]).line, "3,23 85,23");
        assert_eq!(SparklineShape::of(&[7]).line, "3,3");
        assert_eq!(SparklineShape::of(&[]).end, (3.0, 23.0));
    }
}
