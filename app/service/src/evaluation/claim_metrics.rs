//! Measures of the check's word against people's labels, as the field defines them.
//!
//! Nothing here asks the check: a word and a label are all that is compared.

use quire_domain::{ClaimFigures, ClaimLabel, Support};

use super::ranking_metrics::rounded;

/// Counts one claim.
pub fn add(figures: &mut ClaimFigures, label: ClaimLabel, support: Support) {
    figures.labelled += 1;
    let count = match (label, support) {
        (ClaimLabel::Attributable, Support::Unsupported) => &mut figures.false_negatives,
        (ClaimLabel::Attributable, _) => &mut figures.true_positives,
        (ClaimLabel::NotAttributable, Support::Unsupported) => &mut figures.true_negatives,
        (ClaimLabel::NotAttributable, _) => &mut figures.false_positives,
    };
    *count += 1;
}

/// Computes the shares from the counts.
///
/// A figure over both labels is absent unless there are claims of both: a mean of one would be read as if it
/// said something about the other.
pub fn finish(figures: &mut ClaimFigures) {
    let ClaimFigures { true_positives, false_positives, true_negatives, false_negatives, .. } =
        *figures;
    let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
    let recall = share(true_positives, true_positives + false_negatives);
    let specificity = share(true_negatives, true_negatives + false_positives);
    let mistakes = false_positives + false_negatives;
    // F1 is twice the hits through twice the hits and all mistakes.
    let f1 = |hits: u32| share(2 * hits, 2 * hits + mistakes);
    let mean = |one: Option<f64>, other: Option<f64>| Some(f64::midpoint(one?, other?));
    let has_both = recall.and(specificity);
    figures.precision = share(true_positives, true_positives + false_positives).map(rounded);
    figures.recall = recall.map(rounded);
    figures.balanced_accuracy = mean(recall, specificity).map(rounded);
    figures.macro_f1 = has_both.and(mean(f1(true_positives), f1(true_negatives))).map(rounded);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(counts: [u32; 4]) -> ClaimFigures {
        let words = [
            (ClaimLabel::Attributable, Support::Supported),
            (ClaimLabel::NotAttributable, Support::Quoted),
            (ClaimLabel::NotAttributable, Support::Unsupported),
            (ClaimLabel::Attributable, Support::Unsupported),
        ];
        let mut figures = ClaimFigures::default();
        for ((label, support), count) in words.into_iter().zip(counts) {
            (0..count).for_each(|_| add(&mut figures, label, support));
        }
        finish(&mut figures);
        figures
    }

    #[test]
    fn figures_are_those_computed_by_hand() {
        // 8 right of 10 accepted; 8 of 12 attributable found; 6 of 8 others refused.
        // F1: 16 / 22 and 12 / 18.
        let found = figures([8, 2, 6, 4]);
        assert_eq!(found.labelled, 20);
        assert_eq!((found.precision, found.recall), (Some(0.8), Some(0.6667)));
        assert_eq!(found.balanced_accuracy, Some(0.7083));
        assert_eq!(found.macro_f1, Some(0.697));
        let perfect = figures([3, 0, 5, 0]);
        assert_eq!((perfect.precision, perfect.recall), (Some(1.0), Some(1.0)));
        assert_eq!((perfect.balanced_accuracy, perfect.macro_f1), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn what_cannot_be_computed_is_absent() {
        let none = figures([0, 0, 0, 0]);
        assert_eq!(none, ClaimFigures::default());
        let accepts_nothing = figures([0, 0, 4, 2]);
        assert_eq!((accepts_nothing.precision, accepts_nothing.recall), (None, Some(0.0)));
        assert_eq!(accepts_nothing.balanced_accuracy, Some(0.5));
        // F1: 0 and 8 / 10.
        assert_eq!(accepts_nothing.macro_f1, Some(0.4));
        let one_label = figures([3, 0, 0, 1]);
        assert_eq!((one_label.precision, one_label.recall), (Some(1.0), Some(0.75)));
        assert_eq!((one_label.balanced_accuracy, one_label.macro_f1), (None, None));
    }
}
