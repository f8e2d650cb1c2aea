//! A sweep over the values of one tuned constant, as a table for people.

use std::str::FromStr;

use quire_domain::Sweep;

use crate::cli::output;

/// A constant and the values to try, as `NAME=0.3,0.5,0.7`.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The constant.
    pub constant: String,
    /// The values.
    pub values: Vec<f32>,
}

impl FromStr for Values {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (constant, values) =
            text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=VALUE,VALUE"))?;
        let number = |value: &str| {
            let value = value.trim();
            value.parse::<f32>().map_err(|_| format!("`{value}` in `{text}` is no number"))
        };
        let values = values.split(',').map(number).collect::<Result<_, _>>()?;
        Ok(Self { constant: constant.trim().to_owned(), values })
    }
}

/// Prints a sweep.
pub fn show(sweep: &Sweep) {
    for line in summary(sweep) {
        output::line(&line);
    }
    let number = |value: f64| format!("{value:.4}");
    let rows: Vec<Vec<String>> = sweep
        .values
        .iter()
        .map(|one| {
            let held_out = one.held_out.map(|held| [held.ndcg_at_10, held.mrr_at_10].map(number));
            let [ndcg, mrr] = held_out.unwrap_or_else(|| ["-".to_owned(), "-".to_owned()]);
            let (tuned_ndcg, tuned_mrr) = (one.tuning.ndcg_at_10, one.tuning.mrr_at_10);
            vec![one.value.to_string(), number(tuned_ndcg), number(tuned_mrr), ndcg, mrr]
        })
        .collect();
    let heading = [&*sweep.constant, "nDCG@10", "MRR@10", "held-out nDCG@10", "held-out MRR@10"];
    output::table(&heading, &rows);
}

/// Says what the figures come to.
fn summary(sweep: &Sweep) -> Vec<String> {
    let Sweep { constant, default, best, tuned_on, held_out, plateau, .. } = sweep;
    let mut lines = vec![
        format!("{constant}: chosen on {tuned_on} questions, {held_out} held out"),
        format!("best {best}, default {default}"),
        format!(
            "flat from {} to {}: these values lose at most {} in nDCG@10",
            plateau.from, plateau.to, plateau.tolerance
        ),
    ];
    if let Some(gain) = sweep.held_out_gain {
        lines.push(format!("the best gains {gain:+.4} over the default on the questions held out"));
    }
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use quire_domain::{Plateau, RetrievalFigures, SweepValue};

    use super::*;

    #[test]
    fn values_are_read_and_what_is_wrong_is_named() {
        let read: Values = "keyword_share=0.3, 0.5,0.7".parse().expect("is read");
        assert_eq!((&*read.constant, &read.values[..]), ("keyword_share", &[0.3, 0.5, 0.7][..]));
        for (text, named) in [("keyword_share", "NAME="), ("a=0.3,x", "`x`"), ("a=", "``")] {
            let refused = text.parse::<Values>().expect_err("is refused");
            assert!(refused.contains(named), "{refused}");
        }
    }

    #[test]
    fn the_summary_says_what_was_chosen_on_what() {
        let mut sweep = Sweep {
            constant: "keyword_share".to_owned(),
            default: 0.45,
            tuned_on: 98,
            held_out: 97,
            values: vec![SweepValue {
                value: 0.45,
                tuning: RetrievalFigures::default(),
                held_out: None,
            }],
            best: 0.5,
            plateau: Plateau { from: 0.3, to: 0.6, tolerance: 0.005 },
            held_out_gain: Some(-0.002),
        };
        let text = summary(&sweep).join("\n");
        for part in ["98 questions, 97 held out", "best 0.5, default 0.45", "0.3 to 0.6", "-0.0020"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        sweep.held_out_gain = None;
        assert!(!summary(&sweep).join("\n").contains("gains"));
    }
}
