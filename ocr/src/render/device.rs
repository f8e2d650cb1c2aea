//! What the content of a page draws, put on a canvas.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::kurbo::{self, Affine, BezPath, Rect, Shape, StrokeOpts};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, LumaData,
    Paint, SoftMask, StrokeProps,
};

use super::canvas::{Canvas, Ink};
use crate::OcrError;
use crate::picture::Picture;

/// A picture with more pixels is not unpacked: A1 at 300 an inch has 70 million.
const MOST_PIXELS: u64 = 80_000_000;
/// More paths than these are no text.
const MOST_PATHS: usize = 500_000;

/// A canvas, and what holds for all that is drawn on it next.
pub struct Drawing {
    canvas: Canvas,
    clips: Vec<Rect>,
    groups: Vec<Group>,
    paths: usize,
    refused: Option<(u32, u32)>,
}

/// A group of things that are drawn together.
#[derive(Clone, Copy)]
struct Group {
    cover: f32,
    darkens: bool,
}

impl Drawing {
    /// Begins on a canvas.
    pub fn new(canvas: Canvas) -> Self {
        Self { canvas, clips: Vec::new(), groups: Vec::new(), paths: 0, refused: None }
    }

    /// Gives the picture; an error if a picture on the page is too large to be unpacked.
    pub fn finish(self) -> Result<Option<Picture>, OcrError> {
        match self.refused {
            Some((width, height)) => Err(OcrError::Pixels { width, height }),
            None => Ok(self.canvas.finish()),
        }
    }

    fn clip(&self) -> Rect {
        self.clips.last().copied().unwrap_or(self.canvas.bounds())
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { cover: 1.0, darkens: false })
    }

    fn ink(&self, rgba: [u8; 4], blend_mode: BlendMode) -> Ink {
        let [red, green, blue, alpha] = rgba;
        let group = self.group();
        Ink {
            rgb: [red, green, blue],
            cover: group.cover * f32::from(alpha) / 255.0,
            darkens: group.darkens || darkens(blend_mode),
        }
    }

    fn paint(&mut self, path: &BezPath, paint: &Paint<'_>, blend_mode: BlendMode) {
        let Paint::Color(color) = paint else { return };
        self.paths += 1;
        if self.paths <= MOST_PATHS {
            let ink = self.ink(color.to_rgba().to_rgba8(), blend_mode);
            let clip = self.clip();
            self.canvas.fill(path, clip, ink);
        }
    }

    fn paint_shape(&mut self, path: &BezPath, props: &DrawProps<'_>, mode: &DrawMode) {
        let fill = |this: &mut Self| {
            this.paint(&(props.transform * path), &props.paint, props.blend_mode);
        };
        let draw_along = |this: &mut Self, stroke: &StrokeProps| {
            let style = kurbo::Stroke::new(f64::from(stroke.line_width));
            let outline = kurbo::stroke(path, &style, &StrokeOpts::default(), 0.25);
            this.paint(&(props.transform * outline), &props.paint, props.blend_mode);
        };
        match mode {
            DrawMode::Fill(_) => fill(self),
            DrawMode::Stroke(stroke) => draw_along(self, stroke),
            DrawMode::FillAndStroke(_, stroke) => {
                fill(self);
                draw_along(self, stroke);
            }
            // The text that another program has recognised, and that ingest has read.
            DrawMode::Invisible => {}
        }
    }
}

fn darkens(mode: BlendMode) -> bool {
    matches!(mode, BlendMode::Multiply | BlendMode::Darken | BlendMode::ColorBurn)
}

impl<'a> Device<'a> for Drawing {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.paint_shape(path, &props, mode);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let clip = self.clip().intersect(clip.path.bounding_box());
        self.clips.push(clip);
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn push_transparency_group(
        &mut self,
        opacity: f32,
        _: Option<SoftMask<'a>>,
        blend_mode: BlendMode,
    ) {
        let outer = self.group();
        self.groups.push(Group {
            cover: outer.cover * opacity.clamp(0.0, 1.0),
            darkens: outer.darkens || darkens(blend_mode),
        });
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Outline(outline) => {
                    let transform = props.transform * glyph.transform();
                    let props = DrawProps { transform, ..props.clone() };
                    self.paint_shape(&outline.outline(), &props, mode);
                }
                Glyph::Type3(drawn) => {
                    drawn.interpret(self, props.transform, glyph.transform(), &props.paint);
                }
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (image.width(), image.height());
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            self.refused = Some((width, height));
            return;
        }
        let (clip, transform) = (self.clip(), props.transform);
        match image {
            Image::Raster(image) => {
                let white = self.ink([255; 4], props.blend_mode);
                let canvas = &mut self.canvas;
                let put = |data: ImageData, alpha: Option<LumaData>| {
                    let size = (data.width() as usize, data.height() as usize);
                    let transform = transform * stretched(data.scale_factors());
                    let color = |x: usize, y: usize| Ink {
                        rgb: pixel(&data, x, y),
                        cover: white.cover
                            * alpha.as_ref().map_or(1.0, |alpha| cover(alpha, size, (x, y))),
                        ..white
                    };
                    canvas.put_picture(size, transform, clip, color);
                };
                image.with_rgba(put, None);
            }
            Image::Stencil(image) => {
                let (groups, canvas) =
                    (self.ink([0, 0, 0, 255], props.blend_mode), &mut self.canvas);
                let put = |mask: LumaData, paint: &Paint<'a>| {
                    let size = (mask.width as usize, mask.height as usize);
                    let transform = transform * stretched(mask.scale_factors);
                    // What a pattern paints is taken for black.
                    let [red, green, blue, alpha] = match paint {
                        Paint::Color(color) => color.to_rgba().to_rgba8(),
                        Paint::Pattern(_) => [0, 0, 0, 255],
                    };
                    let color = |x: usize, y: usize| Ink {
                        rgb: [red, green, blue],
                        cover: groups.cover * f32::from(alpha) / 255.0 * cover(&mask, size, (x, y)),
                        ..groups
                    };
                    canvas.put_picture(size, transform, clip, color);
                };
                image.with_stencil(put, None);
            }
        }
    }
}

/// The pixels of a decoded picture may be larger than it states.
fn stretched((x, y): (f32, f32)) -> Affine {
    Affine::scale_non_uniform(f64::from(x), f64::from(y))
}

fn pixel(data: &ImageData, x: usize, y: usize) -> [u8; 3] {
    match data {
        ImageData::Rgb(data) => {
            let at = (y * data.width as usize + x) * 3;
            let channel = |index: usize| data.data.get(at + index).copied().unwrap_or(255);
            [channel(0), channel(1), channel(2)]
        }
        ImageData::Luma(data) => {
            [data.data.get(y * data.width as usize + x).copied().unwrap_or(255); 3]
        }
    }
}

/// Tells how much a mask, which may have a size of its own, lets through at a pixel of a picture.
fn cover(mask: &LumaData, (width, height): (usize, usize), (x, y): (usize, usize)) -> f32 {
    let column = x * mask.width as usize / width.max(1);
    let row = y * mask.height as usize / height.max(1);
    let value = mask.data.get(row * mask.width as usize + column).copied().unwrap_or(0);
    f32::from(value) / 255.0
}
