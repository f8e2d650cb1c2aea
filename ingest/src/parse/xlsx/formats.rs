//! How numbers are shown: the format codes of a workbook's styles.
//!
//! Codes are read by `ssfmt`. Where a code says "as this computer writes dates", nothing in the file says how that is, and
//! the date is written as ISO 8601 does. Months and days are named in the language that a code states.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use quick_xml::events::Event;
use ssfmt::{DateSystem, FormatOptions, Locale, NumberFormat};

use crate::parse::xml;

/// The longest code that is read; Excel writes none that is longer than 255.
const LONGEST_CODE: usize = 1_000;
/// How a day is written where the file leaves that to the computer.
const ISO_DAY: &str = "yyyy-mm-dd";

/// The formats of a workbook's cells, by the number of their style.
pub(super) struct Formats {
    /// The code of each style; none where numbers are shown as they are.
    codes: Vec<Option<Rc<str>>>,
    /// What was made of the codes of styles that cells have.
    by_style: Vec<Option<Shown>>,
    parsed: HashMap<Rc<str>, Shown>,
    general: Shown,
    epoch: DateSystem,
}

/// A code that was read, with how it is used; none if numbers are shown as they are.
type Shown = Option<Rc<(NumberFormat, FormatOptions)>>;

impl Formats {
    /// Reads the part with the styles.
    pub(super) fn read(source: &str, epoch: DateSystem) -> Self {
        let mut own: HashMap<u32, String> = HashMap::new();
        let mut codes = Vec::new();
        let mut is_cell_format = false;
        let mut reader = xml::reader(source);
        while let Ok(event) = reader.read_event() {
            let start = match event {
                Event::Start(start) | Event::Empty(start) => start,
                Event::End(end) if end.local_name().as_ref() == "cellXfs" => {
                    is_cell_format = false;
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            let id = || xml::attribute(&start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
            match start.local_name().as_ref() {
                "numFmt" => {
                    if let Some((id, code)) = id().zip(xml::attribute(&start, "formatCode")) {
                        own.insert(id, code);
                    }
                }
                "cellXfs" => is_cell_format = true,
                "xf" if is_cell_format => codes.push(id().unwrap_or(0)),
                _ => {}
            }
        }
        let own: HashMap<u32, Rc<str>> =
            own.into_iter().map(|(id, code)| (id, code.into())).collect();
        let code = |id: u32| own.get(&id).cloned().or_else(|| usual_code(id).map(Into::into));
        let codes: Vec<Option<Rc<str>>> = codes.into_iter().map(code).collect();
        let general = NumberFormat::parse("General").ok();
        let general = general.map(|format| Rc::new((format, FormatOptions::default())));
        Self { by_style: vec![None; codes.len()], codes, parsed: HashMap::new(), general, epoch }
    }

    /// Shows a number as the style of its cell has it.
    pub(super) fn show(&mut self, number: f64, style: usize) -> String {
        let Some(format) = self.format_of(style) else { return self.general(number) };
        // A code that nobody has tried costs its number's form, and not the workbook.
        let shown = catch_unwind(AssertUnwindSafe(|| format.0.format(number, &format.1)));
        let Ok(shown) = shown else { return self.general(number) };
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        // Codes such as `;;;` hide a value from sight; it is in the file, and may be what is asked for.
        if shown.is_empty() { self.general(number) } else { shown }
    }

    /// Reads the code of a style, once for all cells and for all styles that share it.
    fn format_of(&mut self, style: usize) -> Shown {
        let known = self.by_style.get_mut(style)?;
        if let Some(known) = known {
            return known.clone();
        }
        let code = self.codes.get(style)?.clone();
        let epoch = self.epoch;
        let shown = code.and_then(|code| {
            let read = || {
                let options = FormatOptions { date_system: epoch, locale: locale(&code) };
                parse(&code).map(|format| Rc::new((format, options)))
            };
            self.parsed.entry(Rc::clone(&code)).or_insert_with(read).clone()
        });
        known.insert(shown).clone()
    }

    /// Shows a number without a format: at most eleven digits, as a cell has room for.
    fn general(&self, number: f64) -> String {
        let format = self.general.as_ref();
        format.map_or_else(|| number.to_string(), |format| format.0.format(number, &format.1))
    }
}

fn parse(code: &str) -> Option<NumberFormat> {
    if code.len() > LONGEST_CODE || code.eq_ignore_ascii_case("general") || code == "@" {
        return None;
    }
    // A long date as the computer writes it.
    if code.to_uppercase().starts_with("[$-F800]") {
        return NumberFormat::parse(ISO_DAY).ok();
    }
    catch_unwind(|| NumberFormat::parse(code).ok()).ok().flatten()
}

/// Gives the code behind a number that every workbook knows.
fn usual_code(id: u32) -> Option<String> {
    Some(match id {
        0 | 49 => return None,
        14 | 27..=31 | 36 | 50..=58 => ISO_DAY.to_owned(),
        22 => format!("{ISO_DAY} hh:mm"),
        id => ssfmt::format_code_from_id(id)?.to_owned(),
    })
}

/// Names of months and days in the language that a code states, such as `[$-407]`.
fn locale(code: &str) -> Locale {
    let english = Locale::en_us();
    let stated = code.split("[$").skip(1).find_map(|part| part.split(']').next()?.split_once('-'));
    let language = stated.and_then(|(_, id)| u32::from_str_radix(id.split(',').next()?, 16).ok());
    let (months, short, days) = match language.map(|id| id & 0x3ff) {
        Some(0x07) => GERMAN,
        Some(0x0c) => FRENCH,
        Some(0x13) => DUTCH,
        Some(0x0a) => SPANISH,
        _ => return english,
    };
    let short_day = |day: &'static str| {
        let end = day.char_indices().nth(2).map_or(day.len(), |(at, _)| at);
        &day[..end]
    };
    Locale {
        month_names_full: months,
        month_names_short: short,
        day_names_full: days,
        day_names_short: days.map(short_day),
        ..english
    }
}

type Names = ([&'static str; 12], [&'static str; 12], [&'static str; 7]);

const GERMAN: Names = (
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
);

const FRENCH: Names = (
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    ["janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"],
    ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
);

const DUTCH: Names = (
    [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    ["zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"],
);

const SPANISH: Names = (
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_once_for_all_cells_and_styles_that_have_it() {
        let source = "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='0.00&quot; kg&quot;'/></numFmts>\
            <cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='170'/></cellXfs></styleSheet>";
        let mut formats = Formats::read(source, DateSystem::Date1900);
        for (style, shown) in
            [(0, "1.5"), (1, "1.50 kg"), (2, "1.50 kg"), (1, "1.50 kg"), (9, "1.5")]
        {
            assert_eq!(formats.show(1.5, style), shown, "{style}");
        }
        assert_eq!(formats.parsed.len(), 1);
        let [Some(None), Some(Some(one)), Some(Some(other))] = &formats.by_style[..] else {
            panic!("each style is known by now")
        };
        assert!(Rc::ptr_eq(one, other));
    }
}
