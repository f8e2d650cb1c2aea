//! Pixels, and how shapes and pictures are put on them.

use ab_glyph_rasterizer::{Rasterizer, point};
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, flatten};

use crate::picture::Picture;

/// How far a curve may be from the lines that stand for it, in pixels.
const TOLERANCE: f64 = 0.2;
/// The most pixels of a source along each side that are mixed to one.
const MOST_SAMPLES: usize = 8;

/// A colour and how much of it covers what is below, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    /// Red, green and blue.
    pub rgb: [u8; 3],
    /// How much it covers.
    pub cover: f32,
    /// Whether it darkens what is below, as a marker does, in the place of covering it.
    pub darkens: bool,
}

/// Pixels in the making.
pub struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Canvas {
    /// Begins with white.
    pub fn white(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; width * height * 3] }
    }

    /// Gives the picture; `None` if it has no pixels.
    pub fn finish(self) -> Option<Picture> {
        Picture::new(self.width, self.height, self.rgb)
    }

    /// Gives the whole of it as a box.
    pub fn bounds(&self) -> Rect {
        Rect::new(0.0, 0.0, self.width as f64, self.height as f64)
    }

    /// Fills a path inside a box.
    pub fn fill(&mut self, path: &BezPath, clip: Rect, ink: Ink) {
        let bounds = path.bounding_box().intersect(clip).intersect(self.bounds());
        if !(bounds.width() > 0.0 && bounds.height() > 0.0) {
            return;
        }
        let (left, top) = (bounds.x0.floor(), bounds.y0.floor());
        let size = (bounds.x1.ceil() - left, bounds.y1.ceil() - top);
        let mut raster = Rasterizer::new(size.0 as usize + 1, size.1 as usize);
        // What lies outside is moved to the edge of the box.
        let inside = |at: Point| {
            let (x, y) = (at.x.clamp(bounds.x0, bounds.x1), at.y.clamp(bounds.y0, bounds.y1));
            point((x - left) as f32, (y - top) as f32)
        };
        let (mut start, mut last) = (Point::ZERO, Point::ZERO);
        flatten(path, TOLERANCE, |element| match element {
            PathEl::MoveTo(to) => {
                raster.draw_line(inside(last), inside(start));
                (start, last) = (to, to);
            }
            PathEl::LineTo(to) => {
                raster.draw_line(inside(last), inside(to));
                last = to;
            }
            PathEl::ClosePath => {
                raster.draw_line(inside(last), inside(start));
                last = start;
            }
            // Flattening leaves lines alone.
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
        });
        raster.draw_line(inside(last), inside(start));
        let (left, top) = (left as usize, top as usize);
        raster.for_each_pixel_2d(|x, y, cover| {
            let ink = Ink { cover: ink.cover * cover.clamp(0.0, 1.0), ..ink };
            self.put(left + x as usize, top + y as usize, ink);
        });
    }

    /// Puts a picture of `size` pixels on the canvas, each pixel of which `transform` moves to its place.
    /// `ink` tells the colour of a pixel of it.
    pub fn put_picture(
        &mut self,
        (width, height): (usize, usize),
        transform: Affine,
        clip: Rect,
        ink: impl Fn(usize, usize) -> Ink,
    ) {
        if width == 0 || height == 0 || transform.determinant().abs() < 1e-9 {
            return;
        }
        let whole = Rect::new(0.0, 0.0, width as f64, height as f64);
        let bounds = transform.transform_rect_bbox(whole).intersect(clip).intersect(self.bounds());
        let back = transform.inverse();
        let [a, b, c, d, _, _] = back.as_coeffs();
        let samples = |step: f64| (step.ceil() as usize).clamp(1, MOST_SAMPLES);
        let (across, down) = (samples(a.hypot(b)), samples(c.hypot(d)));
        let share = 1.0 / (across * down) as f32;
        for y in bounds.y0.floor().max(0.0) as usize..bounds.y1.ceil() as usize {
            for x in bounds.x0.floor().max(0.0) as usize..bounds.x1.ceil() as usize {
                let mut sum = Mix::default();
                for i in 0..across {
                    for j in 0..down {
                        let at = Point::new(
                            x as f64 + (i as f64 + 0.5) / across as f64,
                            y as f64 + (j as f64 + 0.5) / down as f64,
                        );
                        let from = back * at;
                        if from.x >= 0.0 && from.y >= 0.0 {
                            let (column, row) = (from.x as usize, from.y as usize);
                            if column < width && row < height {
                                sum.add(ink(column, row), share);
                            }
                        }
                    }
                }
                if let Some(ink) = sum.ink() {
                    self.put(x, y, ink);
                }
            }
        }
    }

    fn put(&mut self, x: usize, y: usize, ink: Ink) {
        if x >= self.width || y >= self.height || ink.cover <= 0.0 {
            return;
        }
        let at = (y * self.width + x) * 3;
        for (below, above) in self.rgb[at..at + 3].iter_mut().zip(ink.rgb) {
            let (old, new) = (f32::from(*below), f32::from(above));
            let new = if ink.darkens { old * new / 255.0 } else { new };
            *below = (old + (new - old) * ink.cover).round() as u8;
        }
    }
}

/// Colours that are mixed to one.
#[derive(Default)]
struct Mix {
    rgb: [f32; 3],
    cover: f32,
    darkens: bool,
}

impl Mix {
    fn add(&mut self, ink: Ink, share: f32) {
        let cover = ink.cover * share;
        for (sum, value) in self.rgb.iter_mut().zip(ink.rgb) {
            *sum += f32::from(value) * cover;
        }
        self.cover += cover;
        self.darkens |= ink.darkens;
    }

    fn ink(&self) -> Option<Ink> {
        let rgb = self.rgb.map(|sum| (sum / self.cover).round() as u8);
        (self.cover > 0.0).then_some(Ink { rgb, cover: self.cover.min(1.0), darkens: self.darkens })
    }
}

#[cfg(test)]
mod tests;
