//! Formulas of Office as one line of text: `(a+b)/c`, `x^2`, `√(x)`.

use super::xml::Tree;

/// Writes a formula in one line.
pub(super) fn linear(formula: &Tree) -> String {
    let part = |name: &str| formula.child(name).map(linear).unwrap_or_default();
    let setting = |properties: &str, name: &str| {
        formula.child(properties).and_then(|all| all.child(name)).and_then(|one| one.value.clone())
    };
    match formula.name.as_str() {
        "f" => format!("{}/{}", group(&part("num")), group(&part("den"))),
        "sSup" => format!("{}^{}", group(&part("e")), group(&part("sup"))),
        "sSub" => format!("{}_{}", group(&part("e")), group(&part("sub"))),
        "sSubSup" => {
            format!("{}_{}^{}", group(&part("e")), group(&part("sub")), group(&part("sup")))
        }
        "sPre" => format!("_{}^{}{}", group(&part("sub")), group(&part("sup")), part("e")),
        "rad" => match part("deg") {
            degree if degree.is_empty() => format!("√({})", part("e")),
            degree => format!("{}^(1/{degree})", group(&part("e"))),
        },
        "nary" => {
            let sign = setting("naryPr", "chr").unwrap_or_else(|| "∫".to_owned());
            let (low, high) = (part("sub"), part("sup"));
            let low = if low.is_empty() { low } else { format!("_{}", group(&low)) };
            let high = if high.is_empty() { high } else { format!("^{}", group(&high)) };
            format!("{sign}{low}{high} {}", part("e"))
        }
        "d" => {
            let begin = setting("dPr", "begChr").unwrap_or_else(|| "(".to_owned());
            let end = setting("dPr", "endChr").unwrap_or_else(|| ")".to_owned());
            format!("{begin}{}{end}", joined(formula, "e", ", "))
        }
        "limLow" => format!("{}_{}", part("e"), group(&part("lim"))),
        "limUpp" => format!("{}^{}", part("e"), group(&part("lim"))),
        "func" => format!("{} {}", part("fName"), part("e")),
        "m" => format!("[{}]", joined(formula, "mr", "; ")),
        "mr" => joined(formula, "e", ", "),
        "eqArr" => joined(formula, "e", "; "),
        "t" => formula.text.clone(),
        // Settings say nothing.
        name if name.ends_with("Pr") => String::new(),
        _ => formula.inner.iter().map(linear).collect(),
    }
}

fn joined(formula: &Tree, name: &str, between: &str) -> String {
    let parts = formula.inner.iter().filter(|inner| inner.name == name);
    parts.map(linear).collect::<Vec<_>>().join(between)
}

/// Puts brackets around what is more than a name or a number.
fn group(part: &str) -> String {
    let part = part.trim();
    let is_simple = part.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | ','));
    if is_simple || (part.starts_with('(') && part.ends_with(')')) {
        part.to_owned()
    } else {
        format!("({part})")
    }
}
