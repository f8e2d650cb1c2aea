//! Rules: lines that are drawn along and across a page, as borders of cells or below the names of columns.

use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point};
use hayro_interpret::{DrawMode, DrawProps, Paint};

/// A filled shape that is no thicker than this, in points, is a line.
const THICKEST: f32 = 2.5;
/// A line is at least so long, in points.
const SHORTEST: f32 = 3.0;
/// How far a line may be from level, in points.
const SLANT: f32 = 0.5;
/// A path with more parts than this is a drawing.
const MAX_ELEMENTS: usize = 5_000;
/// No more lines than this are taken from one page.
const MAX_RULES: usize = 50_000;
/// Lines that are so near to each other, in points, are one.
const NEAR: f32 = 1.0;

/// A line; coordinates are in points from the top left corner of the page as it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// Its height on the page, or its distance from the left edge if it runs down.
    pub(super) at: f32,
    /// Where it begins along its way.
    pub(super) from: f32,
    /// Where it ends.
    pub(super) to: f32,
}

/// The lines of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// Those that run from left to right.
    pub(super) across: Vec<Rule>,
    /// Those that run from top to bottom.
    pub(super) down: Vec<Rule>,
}

impl Rules {
    /// Takes the straight lines of a path that can be seen.
    pub(super) fn push(&mut self, path: &BezPath, props: &DrawProps<'_>, mode: &DrawMode) {
        let elements = path.elements();
        let is_full = self.across.len() + self.down.len() >= MAX_RULES;
        if elements.len() > MAX_ELEMENTS || is_full {
            return;
        }
        let found = match mode {
            DrawMode::Fill(_) => filled(elements, props.transform),
            DrawMode::Stroke(_) | DrawMode::FillAndStroke(..) => stroked(elements, props.transform),
            DrawMode::Invisible => Vec::new(),
        };
        if found.is_empty() || is_white(&props.paint) {
            return;
        }
        for (a, b) in found {
            self.push_line(a, b);
        }
    }

    fn push_line(&mut self, a: (f32, f32), b: (f32, f32)) {
        let (width, height) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        if !(width.is_finite() && height.is_finite()) || width.max(height) < SHORTEST {
            return;
        }
        if height <= SLANT {
            let at = f32::midpoint(a.1, b.1);
            self.across.push(Rule { at, from: a.0.min(b.0), to: a.0.max(b.0) });
        } else if width <= SLANT {
            let at = f32::midpoint(a.0, b.0);
            self.down.push(Rule { at, from: a.1.min(b.1), to: a.1.max(b.1) });
        }
    }

    /// Joins lines that were drawn in pieces or several times.
    pub(super) fn finish(&mut self) {
        join(&mut self.across);
        join(&mut self.down);
    }
}

fn join(rules: &mut Vec<Rule>) {
    rules.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut joined: Vec<Rule> = Vec::with_capacity(rules.len());
    let mut level: Vec<Rule> = Vec::new();
    let mut flush = |level: &mut Vec<Rule>| {
        level.sort_by(|a, b| a.from.total_cmp(&b.from));
        for rule in level.drain(..) {
            match joined.last_mut() {
                Some(last)
                    if (rule.at - last.at).abs() <= NEAR
                        && rule.from <= last.to + NEAR
                        && rule.from >= last.from =>
                {
                    last.to = last.to.max(rule.to);
                }
                _ => joined.push(rule),
            }
        }
    };
    for rule in rules.drain(..) {
        // Lines are on one level while they are near to the first of it.
        if level.first().is_some_and(|first| rule.at - first.at > NEAR) {
            flush(&mut level);
        }
        level.push(rule);
    }
    flush(&mut level);
    *rules = joined;
}

type Line = ((f32, f32), (f32, f32));

fn placed(point: Point, transform: Affine) -> (f32, f32) {
    let point = transform * point;
    (point.x as f32, point.y as f32)
}

/// Finds filled shapes that are so thin that they are seen as lines.
fn filled(elements: &[PathEl], transform: Affine) -> Vec<Line> {
    let mut found = Vec::new();
    let mut corners: Vec<(f32, f32)> = Vec::new();
    let mut is_straight = true;
    let mut end = |corners: &mut Vec<(f32, f32)>, is_straight: &mut bool| {
        if (4..=6).contains(&corners.len()) && *is_straight {
            found.extend(thin(corners));
        }
        corners.clear();
        *is_straight = true;
    };
    for element in elements {
        match element {
            PathEl::MoveTo(point) => {
                end(&mut corners, &mut is_straight);
                corners.push(placed(*point, transform));
            }
            PathEl::LineTo(point) => corners.push(placed(*point, transform)),
            PathEl::ClosePath => {}
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => is_straight = false,
        }
    }
    end(&mut corners, &mut is_straight);
    found
}

fn thin(corners: &[(f32, f32)]) -> Option<Line> {
    let least = |value: fn(&(f32, f32)) -> f32| corners.iter().map(value).fold(f32::MAX, f32::min);
    let most = |value: fn(&(f32, f32)) -> f32| corners.iter().map(value).fold(f32::MIN, f32::max);
    let (x0, y0) = (least(|corner| corner.0), least(|corner| corner.1));
    let (x1, y1) = (most(|corner| corner.0), most(|corner| corner.1));
    let (width, height) = (x1 - x0, y1 - y0);
    if height <= THICKEST && width > height {
        let y = f32::midpoint(y0, y1);
        return Some(((x0, y), (x1, y)));
    }
    let x = f32::midpoint(x0, x1);
    (width <= THICKEST && height > width).then_some(((x, y0), (x, y1)))
}

/// Lists the straight pieces of a path that is drawn with a pen.
fn stroked(elements: &[PathEl], transform: Affine) -> Vec<Line> {
    let mut found = Vec::new();
    let (mut start, mut at) = ((0.0, 0.0), (0.0, 0.0));
    for element in elements {
        match element {
            PathEl::MoveTo(point) => {
                start = placed(*point, transform);
                at = start;
            }
            PathEl::LineTo(point) => {
                let to = placed(*point, transform);
                found.push((at, to));
                at = to;
            }
            PathEl::ClosePath => {
                found.push((at, start));
                at = start;
            }
            PathEl::QuadTo(_, point) | PathEl::CurveTo(_, _, point) => {
                at = placed(*point, transform);
            }
        }
    }
    found
}

/// Says whether something is drawn so that nobody sees it on paper.
fn is_white(paint: &Paint<'_>) -> bool {
    let Paint::Color(color) = paint else { return false };
    let [red, green, blue, opacity] = color.to_rgba().components();
    opacity < 0.02 || (red > 0.98 && green > 0.98 && blue > 0.98)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_line_are_joined_and_others_stay_apart() {
        let mut rules = Rules::default();
        for (from, to) in [(30.0, 40.0), (10.0, 20.5), (20.0, 30.5), (43.0, 60.0)] {
            rules.push_line((from, 100.0), (to, 100.2));
        }
        rules.push_line((10.0, 130.0), (60.0, 130.0));
        rules.push_line((10.0, 0.0), (60.0, 90.0));
        rules.finish();
        let ends: Vec<(f32, f32)> = rules.across.iter().map(|rule| (rule.from, rule.to)).collect();
        assert_eq!(ends, [(10.0, 40.0), (43.0, 60.0), (10.0, 60.0)]);
        assert!(rules.down.is_empty());
    }
}
