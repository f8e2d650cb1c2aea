//! `MathML` as one line of text: `(a+b)/c`, `x^2`, `√(x)`.

use scraper::{ElementRef, Node};

/// Formulas nested deeper than this are read without their structure.
const MAX_DEPTH: usize = 60;

/// Writes a formula in one line.
pub(super) fn linear(formula: ElementRef<'_>) -> String {
    written(formula, 0)
}

fn written(element: ElementRef<'_>, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return element.text().collect();
    }
    let parts = || -> Vec<String> {
        element.child_elements().map(|child| written(child, depth + 1)).collect()
    };
    let part = |parts: &[String], at: usize| parts.get(at).cloned().unwrap_or_default();
    match element.value().name() {
        // What a formula says in another language of formulas stands beside it.
        "annotation" | "annotation-xml" => String::new(),
        "mfrac" => {
            let parts = parts();
            format!("{}/{}", group(&part(&parts, 0)), group(&part(&parts, 1)))
        }
        "msup" | "mover" => {
            let parts = parts();
            format!("{}^{}", group(&part(&parts, 0)), group(&part(&parts, 1)))
        }
        "msub" | "munder" => {
            let parts = parts();
            format!("{}_{}", group(&part(&parts, 0)), group(&part(&parts, 1)))
        }
        "msubsup" | "munderover" => {
            let parts = parts();
            let (base, low, high) = (part(&parts, 0), part(&parts, 1), part(&parts, 2));
            format!("{}_{}^{}", group(&base), group(&low), group(&high))
        }
        "msqrt" => format!("√({})", parts().concat()),
        "mroot" => {
            let parts = parts();
            format!("{}^(1/{})", group(&part(&parts, 0)), part(&parts, 1))
        }
        "mfenced" => format!("({})", parts().join(", ")),
        "mtr" => parts().join(", "),
        "mtable" => format!("[{}]", parts().join("; ")),
        "mi" | "mn" | "mo" | "mtext" | "ms" => element
            .text()
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace() && !is_unseen(*c))
            .collect(),
        _ => {
            let mut text = String::new();
            for child in element.children() {
                match child.value() {
                    Node::Text(own) => text.push_str(own.trim()),
                    _ => {
                        text.extend(ElementRef::wrap(child).map(|child| written(child, depth + 1)));
                    }
                }
            }
            text
        }
    }
}

/// Says whether a sign only tells programs what stands beside what.
fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{2061}'..='\u{2064}')
}

/// Puts brackets around what is more than a name or a number.
fn group(part: &str) -> String {
    let is_simple = part.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | ','));
    if is_simple || (part.starts_with('(') && part.ends_with(')')) {
        part.to_owned()
    } else {
        format!("({part})")
    }
}
