//! From the file of an image to its pixels, by decoders that are written in Rust.
//!
//! Files come from anywhere: what one says of its size is bounded before anything of that size is allocated, and one that
//! cannot be decoded is refused with the reason.

use std::fmt::Display;
use std::io::Cursor;
use std::panic::catch_unwind;

use image::metadata::Orientation;
use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits, Rgb, RgbImage, RgbaImage, guess_format,
};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

/// More pixels than this no projector looks at: they are made smaller before.
const MOST_PIXELS: u64 = 32_000_000;
const LONGEST_SIDE: u32 = 16_384;
/// A side may be so many times as long as the other one. Projectors cut images into squares, and of a mere line there is
/// nothing to cut.
const MOST_TIMES: u32 = 100;
/// What a decoder may allocate: colours have up to 16 bits, and there are up to four.
const MOST_BYTES: u64 = 8 * MOST_PIXELS;

/// An image as projectors take it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pixels {
    /// How many pixels a row has.
    pub width: u32,
    /// How many rows there are.
    pub height: u32,
    /// Red, green and blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}

/// Decodes a file: PNG, JPEG, WebP or GIF, whatever it is called. Of one that moves the first picture counts. What can be seen
/// through stands before white, and a photograph is turned as its camera noted.
///
/// The error says what is wrong, and what to do.
pub fn decode(bytes: &[u8]) -> Result<Pixels, String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    // A decoder that panics at what nobody foresaw costs its image alone.
    let decoded = catch_unwind(|| match guess_format(bytes) {
        Ok(ImageFormat::Png) => decode_png(bytes),
        Ok(ImageFormat::Jpeg) => decode_jpeg(bytes),
        Ok(ImageFormat::Gif | ImageFormat::WebP) => decode_other(bytes),
        _ => Err("it is no PNG, JPEG, WebP or GIF; send it as one of these".to_owned()),
    });
    let image = decoded.unwrap_or_else(|_| Err(broken(&"the decoder fell over it")))?;
    let rgb = if image.color().has_alpha() { before_white(&image) } else { image.into_rgb8() };
    let (width, height) = rgb.dimensions();
    Ok(Pixels { width, height, rgb: rgb.into_raw() })
}

fn broken(error: &dyn Display) -> String {
    format!("it is broken ({error})")
}

fn decode_png(bytes: &[u8]) -> Result<DynamicImage, String> {
    // Its size is looked at here.
    let options = DecoderOptions::new_safe()
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .png_set_confirm_crc(true)
        .png_set_strip_to_8bit(true);
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| broken(&format!("{error:?}")))?;
    let (width, height) = size_of(decoder.dimensions())?;
    let pixels = decoder.decode_raw().map_err(|error| broken(&format!("{error:?}")))?;
    let colours = decoder.colorspace();
    of_pixels((width, height), pixels, colours)
}

fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, String> {
    let options = DecoderOptions::new_safe().set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| broken(&error))?;
    let (width, height) = size_of(decoder.dimensions())?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let turned = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let pixels = decoder.decode().map_err(|error| broken(&error))?;
    let mut image = of_pixels((width, height), pixels, decoder.output_colorspace())?;
    image.apply_orientation(turned.unwrap_or(Orientation::NoTransforms));
    Ok(image)
}

fn decode_other(bytes: &[u8]) -> Result<DynamicImage, String> {
    let problem = |error: ImageError| match error {
        ImageError::Limits(_) => "it takes too much memory; make it smaller".to_owned(),
        error => broken(&error),
    };
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| broken(&error))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let turned = decoder.orientation().map_err(problem)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    image.apply_orientation(turned);
    Ok(image)
}

/// Takes the size that a head states, if it is within bounds.
fn size_of(stated: Option<(usize, usize)>) -> Result<(u32, u32), String> {
    let (width, height) = stated.ok_or_else(|| broken(&"it states no size"))?;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width, height) = (side(width), side(height));
    check_size(width, height)?;
    Ok((width, height))
}

fn check_size(width: u32, height: u32) -> Result<(), String> {
    let pixels = u64::from(width) * u64::from(height);
    let size = format!("it has {width} × {height} pixels");
    if pixels == 0 {
        return Err(size);
    }
    if pixels > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Err(format!(
            "{size}; {} million are read at most, and {LONGEST_SIDE} in a row: make it smaller",
            MOST_PIXELS / 1_000_000
        ));
    }
    if width.max(height) > width.min(height).saturating_mul(MOST_TIMES) {
        return Err(format!(
            "{size}; a side may be {MOST_TIMES} times as long as the other: cut it into pieces"
        ));
    }
    Ok(())
}

/// Makes an image of decoded pixels with eight bits a colour.
fn of_pixels(
    (width, height): (u32, u32),
    pixels: Vec<u8>,
    colours: Option<ColorSpace>,
) -> Result<DynamicImage, String> {
    let image = match colours {
        Some(ColorSpace::Luma) => GrayImage::from_raw(width, height, pixels).map(Into::into),
        Some(ColorSpace::LumaA) => GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        Some(ColorSpace::RGB) => RgbImage::from_raw(width, height, pixels).map(Into::into),
        Some(ColorSpace::RGBA) => RgbaImage::from_raw(width, height, pixels).map(Into::into),
        _ => None,
    };
    image.ok_or_else(|| broken(&"its colours are of no kind that is known here"))
}

/// Lays an image that can be seen through over white.
fn before_white(image: &DynamicImage) -> RgbImage {
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, cover] = image.get_pixel(x, y).0;
        let over = |colour: u8| {
            let (colour, cover) = (u32::from(colour), u32::from(cover));
            ((colour * cover + 255 * (255 - cover) + 127) / 255) as u8
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests;
