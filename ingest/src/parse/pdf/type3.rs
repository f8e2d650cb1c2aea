//! Fonts whose glyphs are drawn by instructions. Their units are whatever a program chose, so that the size
//! of their type is told by how far their glyphs stand apart.

use std::collections::HashMap;

use super::glyphs::Glyph;

/// The width of a usual letter in font sizes.
const USUAL_WIDTH: f32 = 0.5;
/// Widths of letters that a stated size can have, in font sizes.
const PLAUSIBLE: std::ops::RangeInclusive<f32> = 0.15..=1.3;

/// Gives the size of a glyph of this width, if the stated size cannot be.
pub(super) fn likely_size(width: f32, stated: f32) -> f32 {
    if width <= 0.0 || (stated > 0.0 && PLAUSIBLE.contains(&(width / stated))) {
        stated
    } else {
        width / USUAL_WIDTH
    }
}

/// Gives neighbouring glyphs one size where theirs had to be told by their widths.
pub(super) fn unite_sizes(glyphs: &mut [Glyph]) {
    let mut rows: HashMap<i32, Vec<f32>> = HashMap::new();
    for glyph in glyphs.iter().filter(|glyph| glyph.is_drawn) {
        rows.entry(glyph.y.round() as i32).or_default().push(glyph.size);
    }
    for sizes in rows.values_mut() {
        sizes.sort_by(f32::total_cmp);
    }
    for glyph in glyphs.iter_mut().filter(|glyph| glyph.is_drawn) {
        let sizes = rows.get(&(glyph.y.round() as i32)).map(Vec::as_slice).unwrap_or_default();
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(glyph.size);
        // Larger type in the row is larger; only what differs as widths do is made one.
        if (0.4..=2.5).contains(&(glyph.size / middle)) {
            glyph.size = middle;
        }
    }
}
