//! Regions of text: from a map of probabilities to rectangles, which may be turned.
//!
//! The network (DBNet, Liao et al. 2020) gives for each pixel the probability that it lies in the
//! shrunken core of a line of text. Pixels above a threshold that touch are a core; the smallest
//! rectangle around it, grown by what cores are shrunken by, is the line.

/// Pixels of this probability belong to a core.
const CORE: f32 = 0.3;
/// A core is text if its pixels are this probable on average.
const TEXT: f32 = 0.6;
/// Cores grow by their area times this over their circumference.
const GROWTH: f32 = 1.6;
/// Cores thinner than this, in pixels of the map, are specks.
const THINNEST: f32 = 2.0;
/// A page with more regions is a pattern, and no text.
const MOST_REGIONS: usize = 3000;

/// A rectangle around a line of text: a corner, and the direction of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// The corner where the line begins, above it.
    pub corner: (f32, f32),
    /// The direction of the line, of length 1; the other side is a quarter turn clockwise from it.
    pub direction: (f32, f32),
    /// How long the line is, in pixels.
    pub length: f32,
    /// How high it is.
    pub thickness: f32,
}

impl Region {
    /// Makes an upright region.
    pub fn upright(x: f32, y: f32, length: f32, thickness: f32) -> Self {
        Self { corner: (x, y), direction: (1.0, 0.0), length, thickness }
    }

    /// Gives the point so far along the line and so far below its upper edge.
    pub fn point(&self, along: f32, below: f32) -> (f32, f32) {
        let ((x, y), (dx, dy)) = (self.corner, self.direction);
        (x + dx * along - dy * below, y + dy * along + dx * below)
    }

    /// Gives the upright box around it: left, top, right, bottom.
    pub fn bounds(&self) -> (f32, f32, f32, f32) {
        let corners = [
            self.point(0.0, 0.0),
            self.point(self.length, 0.0),
            self.point(0.0, self.thickness),
            self.point(self.length, self.thickness),
        ];
        let start = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        corners
            .into_iter()
            .fold(start, |(x0, y0, x1, y1), (x, y)| (x0.min(x), y0.min(y), x1.max(x), y1.max(y)))
    }

    /// Reads the same rectangle in another direction, by quarters of a circle clockwise.
    #[must_use]
    pub fn read_turned(&self, quarters: u8) -> Self {
        let (dx, dy) = self.direction;
        let (corner, direction) = match quarters % 4 {
            0 => return *self,
            1 => (self.point(self.length, 0.0), (-dy, dx)),
            2 => (self.point(self.length, self.thickness), (-dx, -dy)),
            _ => (self.point(0.0, self.thickness), (dy, -dx)),
        };
        let (length, thickness) = if quarters.is_multiple_of(2) {
            (self.length, self.thickness)
        } else {
            (self.thickness, self.length)
        };
        Self { corner, direction, length, thickness }
    }

    /// Gives the region in a picture that is so many times as wide and as high. The two are nearly the same, so that a
    /// rectangle stays nearly one.
    #[must_use]
    pub fn scaled(&self, (x, y): (f32, f32)) -> Self {
        let (dx, dy) = self.direction;
        let along = (dx * x).hypot(dy * y);
        Self {
            corner: (self.corner.0 * x, self.corner.1 * y),
            direction: (dx * x / along, dy * y / along),
            length: self.length * along,
            thickness: self.thickness * (dy * x).hypot(dx * y),
        }
    }

    /// Takes so much away from both ends, and leaves half of it at least.
    #[must_use]
    pub fn shortened(&self, by: f32) -> Self {
        let by = by.min(self.length / 4.0);
        Self { corner: self.point(by, 0.0), length: self.length - 2.0 * by, ..*self }
    }
}

/// Finds the regions of text in a map of probabilities of `width` columns, from the top.
pub fn find(map: &[f32], width: usize) -> Vec<Region> {
    let mut regions = Vec::new();
    for core in cores(map, width) {
        if core.sum / (core.pixels as f32) < TEXT {
            continue;
        }
        let Some(region) = smallest_rectangle(&hull(core.ends)) else { continue };
        if region.thickness.min(region.length) < THINNEST {
            continue;
        }
        regions.push(grown(&region));
        if regions.len() > MOST_REGIONS {
            return Vec::new();
        }
    }
    regions
}

/// Pixels that touch.
#[derive(Default)]
struct Core {
    /// The corners of the ends of its rows, which have its hull.
    ends: Vec<(f32, f32)>,
    pixels: usize,
    sum: f32,
}

/// Pixels side by side in one row.
struct Run {
    start: usize,
    end: usize,
    row: usize,
    sum: f32,
}

fn cores(map: &[f32], width: usize) -> Vec<Core> {
    let mut runs: Vec<Run> = Vec::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut above = 0..0;
    for (row, values) in map.chunks_exact(width.max(1)).enumerate() {
        let first = runs.len();
        let mut column = 0;
        while column < width {
            if values[column] <= CORE {
                column += 1;
                continue;
            }
            let start = column;
            while column < width && values[column] > CORE {
                column += 1;
            }
            let sum = values[start..column].iter().sum();
            parents.push(runs.len());
            runs.push(Run { start, end: column, row, sum });
        }
        let mut upper = above.start;
        for lower in first..runs.len() {
            // Pixels touch at corners, too.
            while upper < above.end && runs[upper].end < runs[lower].start {
                upper += 1;
            }
            let mut other = upper;
            while other < above.end && runs[other].start <= runs[lower].end {
                let (a, b) = (root(&mut parents, other), root(&mut parents, lower));
                parents[a.max(b)] = a.min(b);
                other += 1;
            }
        }
        above = first..runs.len();
    }
    let mut cores: Vec<Core> = Vec::new();
    let mut known = vec![usize::MAX; runs.len()];
    for (index, run) in runs.iter().enumerate() {
        let root = root(&mut parents, index);
        if known[root] == usize::MAX {
            known[root] = cores.len();
            cores.push(Core::default());
        }
        let core = &mut cores[known[root]];
        let (x0, x1, y) = (run.start as f32, run.end as f32, run.row as f32);
        core.ends.extend([(x0, y), (x1, y), (x0, y + 1.0), (x1, y + 1.0)]);
        core.pixels += run.end - run.start;
        core.sum += run.sum;
    }
    cores
}

/// Finds the first run that a run is joined with, and remembers it on the way.
fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

/// Gives the corners of the convex hull (Andrew's monotone chain).
fn hull(mut points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let turns_left = |a: (f32, f32), b: (f32, f32), c: (f32, f32)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0) > 0.0
    };
    let half = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut chain: Vec<(f32, f32)> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && !turns_left(a, b, point)
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut corners = half(&mut points.iter().copied());
    corners.extend(half(&mut points.iter().rev().copied()));
    corners
}

/// Finds the smallest rectangle around the corners of a hull; one of its sides lies on a side of the hull.
fn smallest_rectangle(hull: &[(f32, f32)]) -> Option<Region> {
    let mut best: Option<(f32, Region)> = None;
    let next = hull.iter().cycle().skip(1);
    for (a, b) in hull.iter().zip(next) {
        let side = (b.0 - a.0).hypot(b.1 - a.1);
        if side <= 0.0 {
            continue;
        }
        let region = along(hull, ((b.0 - a.0) / side, (b.1 - a.1) / side));
        let area = region.length * region.thickness;
        if best.is_none_or(|(smallest, _)| area < smallest) {
            best = Some((area, region));
        }
    }
    best.map(|(_, region)| region)
}

/// Makes the rectangle around points with a side in this direction, read from left to right.
fn along(points: &[(f32, f32)], (mut dx, mut dy): (f32, f32)) -> Region {
    // The sides of a rectangle have four directions; the one nearest to that of plain text is taken.
    while dx < dy.abs() || dx <= 0.0 {
        (dx, dy) = (-dy, dx);
    }
    let (mut x0, mut x1, mut y0, mut y1) = (f32::MAX, f32::MIN, f32::MAX, f32::MIN);
    for &(x, y) in points {
        let (u, v) = (x * dx + y * dy, y * dx - x * dy);
        (x0, x1, y0, y1) = (x0.min(u), x1.max(u), y0.min(v), y1.max(v));
    }
    let corner = (x0 * dx - y0 * dy, x0 * dy + y0 * dx);
    Region { corner, direction: (dx, dy), length: x1 - x0, thickness: y1 - y0 }
}

fn grown(core: &Region) -> Region {
    let Region { length, thickness, direction, .. } = *core;
    let by = length * thickness * GROWTH / (2.0 * (length + thickness));
    Region {
        corner: core.point(-by, -by),
        direction,
        length: length + 2.0 * by,
        thickness: thickness + 2.0 * by,
    }
}

#[cfg(test)]
mod tests;
