//! Places in the picture become places on the page.

use super::*;

fn line(region: Region) -> Line {
    Line { region, text: "text".to_owned(), confidence: 0.9 }
}

fn bounds(line: &RecognisedLine) -> [i32; 4] {
    [line.x0, line.y0, line.x1, line.y1].map(|at| at.round() as i32)
}

#[test]
fn pixels_become_points() {
    let place = Place { scale: 2.0, slope: 0.0, page: (600.0, 800.0), quarters: 0 };
    // What a region is longer than its text is taken away: 3 pixels at both ends.
    let line = place.line(line(Region::upright(97.0, 200.0, 306.0, 20.0)));
    assert_eq!((bounds(&line), line.turns), ([50, 100, 200, 110], 0));
}

#[test]
fn a_page_that_was_turned_to_be_read_has_its_lines_where_they_stand() {
    // On the page as it is shown, the line stands at the left edge and runs upwards.
    let on_page = [10, 102, 20, 299];
    for (quarters, region, turns) in [
        (0, Region::upright(10.0, 100.0, 10.0, 200.0).read_turned(3), 3),
        (1, Region::upright(500.0, 10.0, 200.0, 10.0), 3),
        (3, Region::upright(100.0, 580.0, 200.0, 10.0), 1),
        (2, Region::upright(580.0, 500.0, 10.0, 200.0).read_turned(3), 1),
    ] {
        let place = Place { scale: 1.0, slope: 0.0, page: (600.0, 800.0), quarters };
        let line = place.line(line(region));
        assert_eq!((bounds(&line), line.turns), (on_page, turns), "{quarters}");
    }
}

#[test]
fn lines_of_a_page_that_leans_are_level() {
    let angle = 2.0_f32.to_radians();
    let direction = (angle.cos(), angle.sin());
    let region = |x: f32, y: f32| Region {
        corner: (x * direction.0 - y * direction.1, x * direction.1 + y * direction.0),
        direction,
        length: 400.0,
        thickness: 20.0,
    };
    let lines = [line(region(0.0, 100.0)), line(region(500.0, 100.0)), line(region(0.0, 130.0))];
    let place = Place { scale: 1.0, slope: slope(&lines), page: (1000.0, 800.0), quarters: 0 };
    let placed = lines.map(|line| place.line(line));
    assert!((placed[0].y0 - placed[1].y0).abs() < 1.0, "{placed:?}");
    assert!((placed[2].y0 - placed[0].y0 - 30.0).abs() < 1.0, "{placed:?}");
}
