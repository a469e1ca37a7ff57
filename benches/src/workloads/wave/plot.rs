//! Lines in a picture (SVG), side by side. Nothing but what one plot needs.

use std::fmt::Write as _;

pub struct Panel {
    pub title: &'static str,
    pub across: &'static str,
    pub up: &'static str,
    pub lines: Vec<Line>,
}

pub struct Line {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 280.0;
/// Around the field of the lines.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// Told apart by whoever sees no colours as well: the second is dashed.
const STROKES: [(&str, &str); 2] = [("#1f6f8b", ""), ("#c2551a", "6 3")];

pub fn draw(panels: &[Panel]) -> String {
    let width = WIDTH * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" width=\"{width}\" height=\"{HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (n, panel) in panels.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({} 0)\">", WIDTH * n as f64);
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let points = || {
            self.lines.iter().flat_map(|line| &line.points).filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        let least = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
        let most = points().map(|point| point.0).fold(f64::NEG_INFINITY, f64::max);
        let top = round_up(points().map(|point| point.1).fold(0.0, f64::max));
        let (left, right, low) = (LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM);
        let x = |value: f64| left + (value - least) / (most - least).max(f64::EPSILON) * (right - left);
        let y = |value: f64| low - value / top * (low - TOP);
        let _ = writeln!(svg, "<text x=\"{left}\" y=\"18\" font-size=\"13\">{}</text>", self.title);
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let (up, across) = (top * share, least + (most - least) * share);
            let _ = writeln!(
                svg,
                "<line x1=\"{left}\" x2=\"{right}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>\
                 <text x=\"{4:.1}\" y=\"{5}\" text-anchor=\"middle\">{6}</text>",
                y(up),
                left - 6.0,
                y(up) + 4.0,
                number(up),
                x(across),
                low + 16.0,
                number(across)
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text><text x=\"8\" y=\"{}\">{}</text>",
            f64::midpoint(left, right),
            HEIGHT - 10.0,
            self.across,
            TOP - 4.0,
            self.up
        );
        for (n, (line, (colour, dashes))) in self.lines.iter().zip(STROKES).enumerate() {
            let path: Vec<String> =
                line.points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
            let at = TOP + 14.0 + 16.0 * n as f64;
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\" points=\"{}\"/>\
                 <line x1=\"{1}\" x2=\"{2}\" y1=\"{at}\" y2=\"{at}\" stroke=\"{colour}\" stroke-width=\"2\" \
                 stroke-dasharray=\"{dashes}\"/><text x=\"{3}\" y=\"{4}\">{5}</text>",
                path.join(" "),
                left + 10.0,
                left + 34.0,
                left + 40.0,
                at + 4.0,
                line.name
            );
        }
    }
}

/// The next of 1, 2, 4, 5 or 10 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    [1.0, 2.0, 4.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= value)
        .unwrap_or(10.0 * power)
}

fn number(value: f64) -> String {
    if value >= 10.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        let ups = [0.03, 0.9, 1.0, 3.0, 47.0, 101.0].map(round_up);
        for (up, wanted) in ups.into_iter().zip([0.04, 1.0, 1.0, 4.0, 50.0, 200.0]) {
            assert!((up - wanted).abs() < 1e-9, "{up} {wanted}");
        }
    }

    #[test]
    fn lines_stay_in_their_field() {
        let line = Line { name: "one", points: vec![(0.0, 0.0), (12.0, 40.0), (24.0, 100.0)] };
        let svg = draw(&[Panel { title: "t", across: "h", up: "n", lines: vec![line] }]);
        let (low, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        assert!(
            svg.contains(&format!("points=\"{LEFT:.1},{low:.1} "))
                && svg.contains(&format!("{right:.1},{TOP:.1}\"")),
            "{svg}"
        );
    }
}
