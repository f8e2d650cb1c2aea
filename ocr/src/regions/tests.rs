//! Maps with cores of known places.

use super::*;

/// Draws a core: a rectangle around a middle, turned by an angle.
fn map((width, height): (usize, usize), cores: &[(f32, f32, f32, f32, f32)]) -> Vec<f32> {
    let mut map = vec![0.0; width * height];
    for &(x, y, length, thickness, angle) in cores {
        let (dx, dy) = (angle.cos(), angle.sin());
        for row in 0..height {
            for column in 0..width {
                let (px, py) = (column as f32 + 0.5 - x, row as f32 + 0.5 - y);
                let (u, v) = (px * dx + py * dy, py * dx - px * dy);
                if u.abs() <= length / 2.0 && v.abs() <= thickness / 2.0 {
                    map[row * width + column] = 0.9;
                }
            }
        }
    }
    map
}

#[test]
fn lines_are_found_where_they_are_and_grown() {
    let map = map((400, 200), &[(200.0, 50.0, 300.0, 8.0, 0.0), (100.0, 150.0, 100.0, 8.0, 0.0)]);
    let regions = find(&map, 400);
    assert_eq!(regions.len(), 2);
    let (x0, y0, x1, y1) = regions[0].bounds();
    // The core is 8 high, and a line grows by nearly 0.8 of that on each side.
    assert!((40.0..46.0).contains(&x0) && (354.0..360.0).contains(&x1), "{x0} {x1}");
    assert!((38.0..42.0).contains(&y0) && (58.0..62.0).contains(&y1), "{y0} {y1}");
}

#[test]
fn a_line_that_leans_is_a_rectangle_that_leans() {
    for degrees in [-20.0_f32, -3.0, 5.0, 30.0] {
        let angle = degrees.to_radians();
        let map = map((400, 400), &[(200.0, 200.0, 240.0, 10.0, angle)]);
        let regions = find(&map, 400);
        assert_eq!(regions.len(), 1, "{degrees}");
        let found = regions[0].direction.1.atan2(regions[0].direction.0);
        assert!((found - angle).abs() < 0.02, "{degrees}: {}", found.to_degrees());
        assert!(regions[0].length > 10.0 * regions[0].thickness * 0.7, "{:?}", regions[0]);
    }
}

#[test]
fn specks_doubts_and_patterns_are_no_lines() {
    assert_eq!(find(&map((50, 50), &[(20.5, 20.5, 1.0, 1.0, 0.0)]), 50), []);
    let doubtful: Vec<f32> =
        map((100, 50), &[(50.0, 20.0, 60.0, 9.0, 0.0)]).iter().map(|value| value * 0.5).collect();
    assert_eq!(find(&doubtful, 100), []);
    let cores: Vec<_> = (0..70_usize)
        .flat_map(|y| {
            (0..70_usize).map(move |x| (x as f32 * 7.0 + 3.0, y as f32 * 7.0 + 3.0, 4.0, 4.0, 0.0))
        })
        .collect();
    assert_eq!(find(&map((490, 490), &cores), 490), []);
    assert_eq!(find(&[], 0), []);
    assert_eq!(find(&[1.0; 7], 3).len(), 1, "a row that is cut off counts for nothing");
}

#[test]
fn a_core_of_any_shape_is_one() {
    // A hook: its two ends join only in the last row.
    let width = 40;
    let mut map = vec![0.0; width * 20];
    for row in 2..15 {
        map[row * width + 5] = 1.0;
        map[row * width + 30] = 1.0;
    }
    map[14 * width + 5..14 * width + 31].fill(1.0);
    assert_eq!(find(&map, width).len(), 1);
}

#[test]
fn a_region_is_read_in_four_directions() {
    let region = Region::upright(10.0, 20.0, 30.0, 5.0);
    let turned = region.read_turned(1);
    assert_eq!((turned.corner, turned.direction), ((40.0, 20.0), (0.0, 1.0)));
    assert_eq!((turned.length, turned.thickness), (5.0, 30.0));
    for quarters in 0..4 {
        let turned = region.read_turned(quarters);
        assert_eq!(turned.bounds(), region.bounds(), "{quarters}");
    }
    assert_eq!(region.scaled((2.0, 3.0)), Region::upright(20.0, 60.0, 60.0, 15.0));
    assert_eq!(region.shortened(4.0), Region::upright(14.0, 20.0, 22.0, 5.0));
    assert!((region.shortened(99.0).length - 15.0).abs() < 1e-3);
    let back = region.read_turned(1).read_turned(3);
    assert_eq!(back, region);
}
