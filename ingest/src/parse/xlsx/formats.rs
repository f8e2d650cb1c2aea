//! How numbers are shown: the format codes of a workbook's styles.
//!
//! Codes are read by `ssfmt`. Where a code says "as this computer writes dates", nothing in the file says how that is, and
//! the date is written as ISO 8601 does. Months and days are named in the language that a code states.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

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
    codes: Vec<Option<String>>,
    parsed: HashMap<String, Option<NumberFormat>>,
    epoch: DateSystem,
}

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
        let code = |id: u32| own.get(&id).cloned().or_else(|| usual_code(id));
        let codes = codes.into_iter().map(code).collect();
        Self { codes, parsed: HashMap::new(), epoch }
    }

    /// Shows a number as the style of its cell has it.
    pub(super) fn show(&mut self, number: f64, style: usize) -> String {
        let Some(Some(code)) = self.codes.get(style) else { return general(number) };
        let epoch = self.epoch;
        let format = self.parsed.entry(code.clone()).or_insert_with(|| parse(code));
        let Some(format) = format else { return general(number) };
        let options = FormatOptions { date_system: epoch, locale: locale(code) };
        // A code that nobody has tried costs its number's form, and not the workbook.
        let shown = catch_unwind(AssertUnwindSafe(|| format.format(number, &options)));
        let Ok(shown) = shown else { return general(number) };
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        // Codes such as `;;;` hide a value from sight; it is in the file, and may be what is asked for.
        if shown.is_empty() { general(number) } else { shown }
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

/// Shows a number without a format: at most eleven digits, as a cell has room for.
fn general(number: f64) -> String {
    NumberFormat::parse("General").map_or_else(
        |_| number.to_string(),
        |format| format.format(number, &FormatOptions::default()),
    )
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
