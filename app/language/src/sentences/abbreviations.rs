//! Words that end with a full stop without ending a sentence, in lower case.
//!
//! Only those matter that a capital or a number may follow: before a small letter no sentence ends.
//! Most are in the lists of the Unicode CLDR ("suppressions" of sentence breaks). Letters alone,
//! such as `z.B.` and `U.S.`, are known by their form and are not listed.

/// Those that something always follows.
pub const BEFORE_ANYTHING: &[&str] = &[
    // English
    "approx.", "capt.", "cf.", "co.", "col.", "corp.", "dept.", "dr.", "etc.", "gen.", "gov.",
    "hon.", "inc.", "lt.", "ltd.", "messrs.", "mr.", "mrs.", "ms.", "mt.", "ph.d.", "prof.",
    "rep.", "rev.", "sen.", "sgt.", "st.", "viz.", "vs.", // German
    "abzgl.", "allg.", "bspw.", "bzgl.", "bzw.", "ca.", "dipl.", "ehem.", "einschl.", "entspr.",
    "evtl.", "exkl.", "geb.", "gem.", "ggf.", "hr.", "inkl.", "ing.", "insb.", "max.", "min.",
    "mind.", "mio.", "mrd.", "sog.", "std.", "tsd.", "usw.", "vgl.", "zzgl.",
    // Dutch
    "bijv.", "dhr.", "drs.", "enz.", "evt.", "excl.", "incl.", "ir.", "mevr.", "mld.", "mln.",
    "mw.", "ong.", "resp.", "zgn.", // French, Spanish, Italian
    "aprox.", "av.", "avv.", "dott.", "dra.", "ee.uu.", "env.", "mlle.", "mm.", "mme.", "p.ej.",
    "sig.", "sr.", "sra.", "srta.", "ud.", "uds.",
];

/// Those that stand before a number, and else end a sentence like any other word.
pub const BEFORE_NUMBER: &[&str] = &[
    "abb.", "abs.", "abschn.", "afd.", "anm.", "art.", "aufl.", "bd.", "blz.", "cap.", "ch.",
    "chap.", "eq.", "eqs.", "fig.", "figs.", "hfst.", "kap.", "no.", "nos.", "nr.", "nrs.", "núm.",
    "pag.", "pág.", "para.", "pp.", "ref.", "refs.", "sec.", "tab.", "tel.", "tél.", "vol.",
    "ziff.", // Months, before a year
    "jan.", "feb.", "febr.", "mar.", "mrz.", "apr.", "jun.", "jul.", "aug.", "sep.", "sept.",
    "oct.", "okt.", "nov.", "dec.", "dez.",
];

/// The months that are written with a capital, after the number of a day: `am 3. Mai`.
pub const MONTHS: &[&str] = &[
    "januar",
    "jänner",
    "february",
    "februar",
    "march",
    "märz",
    "april",
    "may",
    "mai",
    "june",
    "juni",
    "july",
    "juli",
    "august",
    "september",
    "october",
    "oktober",
    "november",
    "december",
    "dezember",
    "january",
    "jan",
    "febr",
    "feb",
    "apr",
    "aug",
    "sept",
    "okt",
    "oct",
    "nov",
    "dez",
    "dec",
];

/// German words behind which a number with a full stop is an ordinal: `im 19. Jahrhundert`.
pub const BEFORE_ORDINAL: &[&str] = &[
    "am", "beim", "das", "dem", "den", "der", "des", "die", "im", "jede", "jedem", "jeden",
    "jeder", "jedes", "vom", "zum", "zur",
];

/// Words that begin a sentence behind a number, for they are no nouns that an ordinal counts.
pub const BEGINNINGS: &[&str] = &[
    "aber", "als", "am", "auch", "auf", "bei", "dann", "danach", "das", "der", "die", "dies",
    "diese", "dieser", "dieses", "doch", "ein", "eine", "er", "es", "für", "ich", "im", "in",
    "mit", "nach", "sie", "so", "the", "und", "von", "vor", "wenn", "wir", "zu", "zum", "zur",
];
