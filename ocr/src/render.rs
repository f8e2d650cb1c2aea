//! Drawing a page as a picture, of a size that is bounded whatever the page says.
//!
//! What recognition needs is drawn, and no more: pictures, filled and stroked paths, letters, in their order
//! and colours. Patterns and soft masks of groups are left out, and clipping is by boxes.

mod canvas;
mod device;

use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};
use quire_ingest::Page;

use crate::OcrError;
use crate::picture::Picture;
use canvas::Canvas;
use device::Drawing;

/// Pixels a point: 150 an inch, at which type of 6 points is still 12 pixels high.
const SCALE: f32 = 150.0 / 72.0;
/// The longer side has at most so many pixels, and the whole picture so many: A2 at 150 an inch.
const LONGEST: f32 = 8_000.0;
const MOST_PIXELS: f32 = 9_000_000.0;
/// A page is at least so many pixels wide and high, or there is nothing to be seen on it.
const LEAST: f32 = 16.0;

/// A page as a picture.
pub struct Drawn {
    /// The picture.
    pub picture: Picture,
    /// Pixels a point.
    pub scale: f32,
}

/// Draws a page on white.
pub fn draw(page: &Page<'_>) -> Result<Drawn, OcrError> {
    let (width, height) = page.render_dimensions();
    let size = || OcrError::Size { width: width.round() as i64, height: height.round() as i64 };
    let scale = find_scale((width, height)).ok_or_else(size)?;
    let bounds = ((width * scale).ceil(), (height * scale).ceil());
    let transform =
        Affine::scale(f64::from(scale)) * Affine::new(page.initial_transform(true).as_coeffs());
    let cache = InterpreterCache::new();
    let visible = Rect::new(0.0, 0.0, f64::from(bounds.0), f64::from(bounds.1));
    let settings = InterpreterSettings::default();
    let mut context = Context::new(transform, visible, &cache, page.xref(), settings);
    let mut drawing = Drawing::new(Canvas::white(bounds.0 as usize, bounds.1 as usize));
    interpret_page(page, &mut context, &mut drawing);
    let picture = drawing.finish()?.ok_or_else(size)?;
    Ok(Drawn { picture, scale })
}

/// Finds how many pixels a point gets; `None` if the page cannot be drawn in any useful size.
fn find_scale((width, height): (f32, f32)) -> Option<f32> {
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return None;
    }
    let by_side = LONGEST / width.max(height);
    let by_area = (MOST_PIXELS / width / height).sqrt();
    let scale = SCALE.min(by_side).min(by_area);
    (width.min(height) * scale >= LEAST).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::find_scale;

    #[test]
    fn the_size_of_a_picture_is_bounded_whatever_the_page_says() {
        let usual = find_scale((595.0, 842.0)).expect("A4");
        assert!((usual - 150.0 / 72.0).abs() < 1e-6, "{usual}");
        for (width, height) in [(14_400.0, 14_400.0), (2e9, 2e9), (200.0, 14_400.0), (3e4, 900.0)] {
            let scale = find_scale((width, height)).expect("it can be drawn");
            let (width, height) = (width * scale, height * scale);
            assert!(width * height <= 9.1e6, "{width} x {height}");
            assert!(width.max(height) <= 8_001.0, "{width} x {height}");
        }
        for bad in [(0.0, 10.0), (-5.0, 5.0), (f32::NAN, 1.0), (f32::INFINITY, 1.0), (1.0, 1e6)] {
            assert_eq!(find_scale(bad), None, "{bad:?}");
        }
    }
}
