//! Inputs by number: a target's seeds first, then bytes like them.
//!
//! The input of a number is the same on every machine, so a number is all that it takes to see a
//! finding again. The changes know what most formats share: brackets and quotes, numbers,
//! repetition and depth. JSON is changed value by value as well.

mod chance;
mod json;

use std::ops::Range;

use chance::Chance;

/// The longest input, in bytes; what is longer says nothing new of these formats.
const LONGEST: usize = 8192;

/// The most changes to a seed that stays much as it is.
const FEW: usize = 4;
/// The most changes to one that becomes something else.
const MANY: usize = 24;

/// Characters that most formats give a meaning to.
const SYNTAX: &[u8] = b"\n\r\t \\\"'<>[](){}|*#-:;,./&%$~^=_!?@+0";

/// Numbers at the edges of what fits.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "9223372036854775808",
    "99999999999999999999999999999999999999999",
    "0.1",
    "1e308",
];

/// Characters that are rare, or not what they look like: wide, combining, turned, empty, special.
const CHARACTERS: &str = "\u{e4}\u{df}\u{130}\u{301}\u{200b}\u{200d}\u{202e}\u{2028}\u{feff}\u{a0}\u{fffd}\u{4e2d}\u{3002}\u{1f468}\u{1d7d8}\u{661}\u{85}\u{7f}";

/// Makes the input of this number out of seeds.
pub(crate) fn input(seeds: &[Vec<u8>], number: u64) -> Vec<u8> {
    if let Some(seed) = usize::try_from(number).ok().and_then(|number| seeds.get(number)) {
        return seed.clone();
    }
    let chance = &mut Chance::new(number);
    let mut data = chance.of(seeds).cloned().unwrap_or_default();
    let most = if chance.below(8) == 0 { MANY } else { FEW };
    for _ in 0..=chance.below(most) {
        change(&mut data, seeds, chance);
        data.truncate(LONGEST);
    }
    data
}

fn change(data: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    match chance.below(16) {
        0 | 1 => drop(data.drain(part(data, chance))),
        2 => {
            let end = part(data, chance).end;
            data.truncate(end);
        }
        3 | 4 => repeat(data, chance),
        5 | 6 => write_number(data, chance),
        7..=9 => {
            if let Some(changed) = json::change(data, chance) {
                *data = changed;
            } else {
                borrow(data, seeds, chance);
            }
        }
        10 => borrow(data, seeds, chance),
        11 | 12 => {
            let bytes = bytes(chance);
            let at = chance.below(data.len() + 1);
            let end = data.len().min(at + bytes.len());
            data.splice(at..end, bytes);
        }
        _ => {
            let at = chance.below(data.len() + 1);
            data.splice(at..at, bytes(chance));
        }
    }
}

/// Writes a part once more behind itself, or, if it is short, so often that it nests deeply.
fn repeat(data: &mut Vec<u8>, chance: &mut Chance) {
    let mut part = part(data, chance);
    let mut times = 1;
    if chance.below(4) == 0 {
        part.end = part.end.min(part.start + 1 + chance.below(8)).min(data.len());
        times = 1 << chance.below(11);
    }
    let again = data[part.clone()].repeat(times);
    data.splice(part.end..part.end, again);
}

/// Puts a piece of a seed somewhere.
fn borrow(data: &mut Vec<u8>, seeds: &[Vec<u8>], chance: &mut Chance) {
    let seed = chance.of(seeds).map(Vec::as_slice).unwrap_or_default();
    let piece = &seed[part(seed, chance)];
    let at = chance.below(data.len() + 1);
    data.splice(at..at, piece.iter().copied());
}

/// Puts a number in the place of another one; without one, somewhere.
fn write_number(data: &mut Vec<u8>, chance: &mut Chance) {
    let from = chance.below(data.len() + 1);
    let digit = |byte: &u8| byte.is_ascii_digit();
    let start = data[from..].iter().position(digit).map_or(from, |at| from + at);
    let length = data[start..].iter().take_while(|byte| digit(byte)).count();
    let number = chance.of(NUMBERS).copied().unwrap_or_default();
    data.splice(start..start + length, number.bytes());
}

fn bytes(chance: &mut Chance) -> Vec<u8> {
    let count = 1 + chance.below(4);
    match chance.below(3) {
        0 => (0..count).map(|_| chance.byte()).collect(),
        1 => (0..count).filter_map(|_| chance.of(SYNTAX).copied()).collect(),
        _ => {
            let characters: Vec<char> = CHARACTERS.chars().collect();
            let chosen = (0..count).filter_map(|_| chance.of(&characters).copied());
            chosen.collect::<String>().into_bytes()
        }
    }
}

/// Chooses a part, which may be empty.
fn part(data: &[u8], chance: &mut Chance) -> Range<usize> {
    let (one, other) = (chance.below(data.len() + 1), chance.below(data.len() + 1));
    one.min(other)..one.max(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_input_and_seeds_come_first() {
        let seeds = [b"one [seed] 12".to_vec(), br#"{"a":[1,"b"]}"#.to_vec()];
        assert_eq!([input(&seeds, 0), input(&seeds, 1)], seeds);
        let inputs: Vec<_> = (2..500).map(|number| input(&seeds, number)).collect();
        let again: Vec<_> = (2..500).map(|number| input(&seeds, number)).collect();
        assert_eq!(inputs, again);
        let mut different = inputs.clone();
        different.sort_unstable();
        different.dedup();
        assert!(different.len() > 400, "only {} of 498 inputs differ", different.len());
        assert!(inputs.iter().all(|input| input.len() <= LONGEST));
    }

    #[test]
    fn json_often_stays_json() {
        let seeds = [br#"{"a":[1,"b",{"c":null}],"d":-2}"#.to_vec()];
        let is_json = |number: &u64| {
            serde_json::from_slice::<serde_json::Value>(&input(&seeds, *number)).is_ok()
        };
        assert!((1..400).filter(is_json).count() > 40);
    }
}
