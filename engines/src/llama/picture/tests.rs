//! Images of every format, and files that were made to harm or were cut off.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// 16 by 8 pixels, the left half blue, the right half red, with a note to turn it to the right.
const PHOTOGRAPH: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAIABADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDh63KKK9fin/l1/wBvfoe7w3/y9/7d/U//2Q==";
/// The same in grey, without the note.
const GREY: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAIABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AOHrcr//2Q==";

/// Puts the rows of an image into a PNG, without packing them: bits a colour, and the kind of its colours.
fn png((width, height): (u32, u32), [bits, kind]: [u8; 2], rows: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bits, kind, 0, 0, 0]].concat();
    chunk(&mut file, *b"IHDR", &head);
    let length = u16::try_from(rows.len()).expect("it fits into a block");
    let adler = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    let mut data = vec![0x78, 0x01, 1];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(rows);
    data.extend((adler.1 << 16 | adler.0).to_be_bytes());
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let body = [&kind[..], data].concat();
    file.extend(&body);
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    };
    file.extend((!body.iter().fold(u32::MAX, step)).to_be_bytes());
}

/// Three by two pixels of red.
fn red_png() -> Vec<u8> {
    let row = [&[0][..], &[250, 10, 10].repeat(3)].concat();
    png((3, 2), [8, 2], &row.repeat(2))
}

fn written(format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::from(RgbImage::from_pixel(3, 2, Rgb([250, 10, 10])));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("it is written");
    bytes.into_inner()
}

fn photograph() -> Vec<u8> {
    STANDARD.decode(PHOTOGRAPH).expect("base64")
}

#[test]
fn the_usual_formats_are_read() {
    for file in [red_png(), written(ImageFormat::Gif), written(ImageFormat::WebP)] {
        let pixels = decode(&file).expect("it is read");
        assert_eq!((pixels.width, pixels.height, pixels.rgb.len()), (3, 2, 18));
        assert!(pixels.rgb[0] > 240 && pixels.rgb[1] < 20, "{:?}", pixels.rgb);
    }
    let deep = [&[0][..], &[0xff, 0xff].repeat(4)].concat();
    let pixels = decode(&png((1, 1), [16, 6], &deep)).expect("16 bits a colour");
    assert_eq!(pixels.rgb, [255; 3]);
    let pixels = decode(&png((2, 1), [8, 0], &[0, 7, 200])).expect("grey");
    assert_eq!(pixels.rgb, [7, 7, 7, 200, 200, 200]);
    let bits = decode(&png((8, 1), [1, 0], &[0, 0b1010_0000])).expect("one bit a pixel");
    assert_eq!(bits.rgb[..9], [255, 255, 255, 0, 0, 0, 255, 255, 255]);
}

#[test]
fn a_photograph_is_turned_as_its_camera_noted() {
    let pixels = decode(&photograph()).expect("it is read");
    assert_eq!((pixels.width, pixels.height), (8, 16));
    let near = |place: usize, expected: [u8; 3]| {
        let pixel = &pixels.rgb[3 * place..3 * place + 3];
        assert!(pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12), "{place}: {pixel:?}");
    };
    near(0, [10, 10, 250]);
    near(8 * 15, [250, 10, 10]);
    let grey = decode(&STANDARD.decode(GREY).expect("base64")).expect("it is read");
    assert_eq!((grey.width, grey.height, grey.rgb.len()), (16, 8, 384));
}

#[test]
fn what_can_be_seen_through_stands_before_white() {
    let row = [0, 0, 0, 0, 0, 0, 0, 0, 255];
    let pixels = decode(&png((2, 1), [8, 6], &row)).expect("it is read");
    assert_eq!(pixels.rgb, [255, 255, 255, 0, 0, 0]);
}

#[test]
fn what_is_hostile_is_refused_with_the_reason() {
    let refused = |bytes: &[u8], words: &str| {
        let reason = decode(bytes).expect_err(words);
        assert!(reason.contains(words), "{reason}");
    };
    refused(b"", "empty");
    refused(b"<svg/>", "no PNG");
    refused(b"BM nothing", "no PNG");
    // The head of a PNG says how large it is, and these lie.
    let huge = |width, height| png((width, height), [8, 2], &[0; 100]);
    refused(&huge(8_000, 8_000), "32 million");
    refused(&huge(20_000, 2), "16384 in a row");
    refused(&huge(1_010, 10), "100 times");
    for (width, height) in [(u32::MAX, u32::MAX), (0, 5), (2_000, 2_000)] {
        decode(&huge(width, height)).expect_err("there is not as much as it says");
    }
    let whole = red_png();
    for end in 0..41 {
        decode(&whole[..end]).expect_err("it is cut off");
    }
    // A frame of a JPEG that says it has 65,535 rows and columns.
    let mut large = photograph();
    let frame = large.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    large[frame + 5..frame + 9].fill(0xff);
    refused(&large, "32 million");
}

#[test]
fn any_byte_may_be_wrong() {
    let files = [red_png(), photograph(), written(ImageFormat::Gif), written(ImageFormat::WebP)];
    for whole in files {
        for (place, wrong) in (0..whole.len()).flat_map(|place| [(place, 0x01), (place, 0xd5)]) {
            let mut bytes = whole.clone();
            bytes[place] ^= wrong;
            // What comes is an image or a reason.
            if let Ok(pixels) = decode(&bytes) {
                let expected = pixels.width as usize * pixels.height as usize * 3;
                assert_eq!(pixels.rgb.len(), expected);
            }
            let _reason = decode(&bytes[..place]);
        }
    }
}
