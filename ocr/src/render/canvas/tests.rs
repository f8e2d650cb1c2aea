//! What is drawn comes out in its place and colour.

use hayro_interpret::kurbo::Circle;

use super::*;

const BLACK: Ink = Ink { rgb: [0, 0, 0], cover: 1.0, darkens: false };

fn value(canvas: &Canvas, x: usize, y: usize) -> [u8; 3] {
    let at = (y * canvas.width + x) * 3;
    [canvas.rgb[at], canvas.rgb[at + 1], canvas.rgb[at + 2]]
}

#[test]
fn shapes_are_filled_inside_their_edges() {
    let mut canvas = Canvas::white(40, 30);
    let all = canvas.bounds();
    canvas.fill(&Rect::new(5.0, 6.0, 15.0, 12.0).to_path(0.1), all, BLACK);
    for (x, y, inside) in
        [(5, 6, true), (14, 11, true), (4, 8, false), (15, 8, false), (9, 12, false)]
    {
        assert_eq!(value(&canvas, x, y) == [0; 3], inside, "{x} {y}");
    }
    let red = Ink { rgb: [200, 0, 0], ..BLACK };
    canvas.fill(&Circle::new((30.0, 15.0), 5.0).to_path(0.1), all, red);
    assert_eq!(value(&canvas, 30, 15), [200, 0, 0]);
    assert_eq!(value(&canvas, 36, 15), [255; 3]);
    // What is larger than the canvas, or nowhere on it, is cut.
    canvas.fill(&Rect::new(-1e6, 20.0, 1e6, 21.0).to_path(0.1), all, BLACK);
    assert_eq!((value(&canvas, 0, 20), value(&canvas, 39, 20)), ([0; 3], [0; 3]));
    assert_eq!((value(&canvas, 0, 19), value(&canvas, 0, 21)), ([255; 3], [255; 3]));
    canvas.fill(&Rect::new(f64::NAN, 0.0, 5.0, 5.0).to_path(0.1), all, BLACK);
    canvas.fill(&Rect::new(100.0, 100.0, 200.0, 200.0).to_path(0.1), all, BLACK);
}

#[test]
fn clips_and_covers_hold() {
    let mut canvas = Canvas::white(20, 20);
    let page = Rect::new(0.0, 0.0, 20.0, 20.0).to_path(0.1);
    canvas.fill(&page, Rect::new(0.0, 0.0, 10.0, 20.0), Ink { cover: 0.5, ..BLACK });
    assert_eq!((value(&canvas, 3, 3), value(&canvas, 12, 3)), ([128; 3], [255; 3]));
    let yellow = Ink { rgb: [255, 255, 0], cover: 1.0, darkens: true };
    canvas.fill(&page, canvas.bounds(), yellow);
    assert_eq!((value(&canvas, 3, 3), value(&canvas, 12, 3)), ([128, 128, 0], [255, 255, 0]));
}

#[test]
fn a_picture_is_shrunk_by_mixing_and_put_in_its_place() {
    let mut canvas = Canvas::white(20, 20);
    // Four columns, black and white in turn, become two pixels of grey.
    let stripes =
        |x: usize, _: usize| Ink { rgb: [if x.is_multiple_of(2) { 0 } else { 255 }; 3], ..BLACK };
    let transform = Affine::translate((4.0, 5.0)) * Affine::scale(0.5);
    canvas.put_picture((4, 4), transform, canvas.bounds(), stripes);
    assert_eq!(value(&canvas, 4, 5), [128; 3]);
    assert_eq!((value(&canvas, 3, 5), value(&canvas, 6, 5)), ([255; 3], [255; 3]));
    canvas.put_picture((4, 4), Affine::scale(0.0), canvas.bounds(), stripes);
    canvas.put_picture((4, 4), Affine::scale(1e12), canvas.bounds(), stripes);
}
