//! Pictures, and straight strips cut out of them.

use crate::regions::Region;

/// A picture in colour: three bytes a pixel (red, green, blue), row by row from the top.
#[derive(Clone, Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// Makes a picture of its pixels; `None` if it has none, or if their number is not that of its size.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let bytes = width.checked_mul(height)?.checked_mul(3)?;
        (bytes > 0 && rgb.len() == bytes).then_some(Self { width, height, rgb })
    }

    /// Its width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Its height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Its pixels, three bytes each, row by row from the top.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Turns it by quarters of a circle, clockwise.
    #[must_use]
    pub fn turned(&self, quarters: u8) -> Self {
        let (width, height) = if quarters.is_multiple_of(2) {
            (self.width, self.height)
        } else {
            (self.height, self.width)
        };
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = match quarters % 4 {
                    0 => (x, y),
                    1 => (y, self.height - 1 - x),
                    2 => (self.width - 1 - x, self.height - 1 - y),
                    _ => (self.width - 1 - y, x),
                };
                rgb.extend(self.pixel(from_x, from_y));
            }
        }
        Self { width, height, rgb }
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Mixes the four pixels around a point, which is moved to the edge if it lies outside.
    fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let x = (x - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (y - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (dx, dy) = (x - left as f32, y - top as f32);
        let corners = [
            (self.pixel(left, top), (1.0 - dx) * (1.0 - dy)),
            (self.pixel(right, top), dx * (1.0 - dy)),
            (self.pixel(left, bottom), (1.0 - dx) * dy),
            (self.pixel(right, bottom), dx * dy),
        ];
        let mut mixed = [0.0; 3];
        for (pixel, weight) in corners {
            for (sum, value) in mixed.iter_mut().zip(pixel) {
                *sum += f32::from(value) * weight;
            }
        }
        mixed
    }

    /// Draws the part of the picture that lies in `region`, upright and in another size, as three planes
    /// (blue, green, red) of values from 0 to 255. `put` gets plane, column, row and value.
    pub fn cut(
        &self,
        region: &Region,
        (width, height): (usize, usize),
        mut put: impl FnMut(usize, usize, usize, f32),
    ) {
        let step_x = region.length / width as f32;
        let step_y = region.thickness / height as f32;
        // Where many pixels become one, several are looked at, lest thin strokes are missed.
        let (across, down) = (samples(step_x), samples(step_y));
        let count = (across * down) as f32;
        for row in 0..height {
            for column in 0..width {
                let mut sum = [0.0; 3];
                for i in 0..across {
                    for j in 0..down {
                        let along = (column as f32 + (i as f32 + 0.5) / across as f32) * step_x;
                        let below = (row as f32 + (j as f32 + 0.5) / down as f32) * step_y;
                        let (x, y) = region.point(along, below);
                        for (sum, value) in sum.iter_mut().zip(self.sample(x, y)) {
                            *sum += value;
                        }
                    }
                }
                for (plane, value) in sum.into_iter().rev().enumerate() {
                    put(plane, column, row, value / count);
                }
            }
        }
    }
}

/// How many samples a pixel needs that is `step` pixels of the source wide.
fn samples(step: f32) -> usize {
    (step.ceil() as usize).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three columns and two rows, with values that tell where each pixel was.
    fn picture() -> Picture {
        let rgb = (0..6_u8).flat_map(|at| [at * 10, 0, 200]).collect();
        Picture::new(3, 2, rgb).expect("a picture")
    }

    #[test]
    fn a_picture_has_as_many_pixels_as_its_size_says() {
        assert!(Picture::new(2, 2, vec![0; 11]).is_none());
        assert!(Picture::new(0, 2, Vec::new()).is_none());
        assert!(Picture::new(usize::MAX, 2, Vec::new()).is_none());
    }

    #[test]
    fn turning_goes_clockwise() {
        let reds = |picture: &Picture| -> Vec<u8> {
            picture.rgb.chunks_exact(3).map(|pixel| pixel[0]).collect()
        };
        let turned = picture().turned(1);
        assert_eq!((turned.width(), turned.height()), (2, 3));
        assert_eq!(reds(&turned), [30, 0, 40, 10, 50, 20]);
        assert_eq!(reds(&picture().turned(2)), [50, 40, 30, 20, 10, 0]);
        assert_eq!(reds(&turned.turned(3)), reds(&picture()));
    }

    #[test]
    fn a_region_is_cut_out_in_three_planes() {
        let mut planes = vec![vec![0.0; 6]; 3];
        let put = |plane: usize, column: usize, row: usize, value| {
            planes[plane][row * 3 + column] = value;
        };
        picture().cut(&Region::upright(0.0, 0.0, 3.0, 2.0), (3, 2), put);
        assert_eq!(planes[0], [200.0; 6], "blue comes first");
        assert_eq!(planes[2], [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        let mut mixed = 0.0;
        picture().cut(&Region::upright(0.0, 0.0, 3.0, 2.0), (1, 1), |plane, _, _, value| {
            mixed += if plane == 2 { value } else { 0.0 };
        });
        assert!((20.0..30.0).contains(&mixed), "{mixed}");
    }
}
