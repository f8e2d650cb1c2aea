//! Plain prose and rows, written for the tests: sentences of it are altered, and the rest of a paragraph tempts
//! the check to take an alteration from there.

use quire_domain::Language;

/// A paragraph, the title of its document, and its language.
pub struct Paragraph {
    pub language: Language,
    pub title: &'static str,
    pub text: &'static str,
}

const fn paragraph(language: Language, title: &'static str, text: &'static str) -> Paragraph {
    Paragraph { language, title, text }
}

/// The paragraphs.
pub const PROSE: &[Paragraph] = &[
    paragraph(
        Language::English,
        "Ferry line",
        "The ferry line from Harlan to Orsay was opened in 1924 by the Brandt brothers. It carried 48,000 \
         passengers in the first year and 61,500 in the second. The crossing takes 35 minutes and costs $12. \
         In 1987 the line was sold to Vesta Shipping for $4.2 million. Vesta Shipping replaced the old steamer \
         Aurora with the motor ship Lindholm. Fares rose by 8 % after the sale, while the number of trips fell \
         from 14 to 9 a day.",
    ),
    paragraph(
        Language::English,
        "Quarterly report of Tarn Foods",
        "Revenue of Tarn Foods increased 6 percent to $318.4 million in the third quarter of 2023. Gross margin was \
         41.5 percent, compared with 39.8 percent in 2022. Operating costs decreased to $96 million because Tarn \
         Foods closed the plant in Dover. Net income was $22.7 million. The board of directors expects revenue of \
         about $1.3 billion in 2024. Cash of $75 million was paid to Keller Bank before the end of June.",
    ),
    paragraph(
        Language::English,
        "Lease",
        "The tenant must pay the rent of 1,150 euros before the third day of each month. The landlord may \
         enter the flat after a notice of 48 hours. Pets are not allowed without written consent. The deposit of \
         3,450 euros is returned within 6 weeks. Repairs up to 120 euros are paid by the tenant.",
    ),
    paragraph(
        Language::English,
        "The caves of Morrin",
        "The caves of Morrin lie 310 m above the sea in the north of the island. Anna Feld discovered the larger \
         cave in May 1931. The temperature inside is -4 °C in winter and 9 °C in summer. The upper hall is 27 m \
         high. Bats of eleven species sleep there from October to March. Robert Quill mapped the lower hall after \
         the flood of 1952.",
    ),
    paragraph(
        Language::German,
        "Wasserwerk",
        "Das Wasserwerk Lohheim wurde 1908 gebaut und 1996 von der Stadt Merzig gekauft. Es liefert täglich \
         12.500 Kubikmeter Wasser. Der Preis stieg 2023 von 1,85 Euro auf 2,10 Euro. Die Leitung ist 42 Kilometer \
         lang. Der Verbrauch sank im selben Jahr um 3,4 Prozent. Das Wasser darf nicht wärmer als 15 Grad sein. \
         Im Werk arbeiten 86 Menschen.",
    ),
    paragraph(
        Language::German,
        "Mietvertrag",
        "Die Miete beträgt 940 Euro im Monat. Der Mieter muss die Wohnung vor dem 3. Mai 2025 streichen. Die \
         Kaution von 2.820 Euro wird innerhalb von sechs Wochen zurückgezahlt. Haustiere sind nicht erlaubt. Die \
         Frist der Kündigung beträgt mindestens drei Monate.",
    ),
    paragraph(
        Language::Dutch,
        "De molen",
        "De molen van Aalst werd in 1742 gebouwd door Claes Dekker. Hij is 23 meter hoog en maalt 400 kilo graan \
         per uur. In 1987 kocht de familie Visser de molen voor 350.000 euro. Het aantal bezoekers steeg in 2022 met \
         12 procent. De molen is in de winter niet open. Een kaartje kost 6 euro.",
    ),
    paragraph(
        Language::French,
        "Le pont",
        "Le pont de Varennes a été construit en 1884 par Paul Lemaire. Il mesure 212 mètres et a coûté 3,4 millions de \
         francs. Le trafic a augmenté de 7 % en 2019. Les camions de plus de 12 tonnes ne sont pas autorisés.",
    ),
    paragraph(
        Language::Spanish,
        "La bodega",
        "La bodega Robledo fue fundada en 1911 por Julia Ortega. Produce 850.000 litros de vino al año. Las ventas \
         subieron un 9 % en 2021. La visita dura 45 minutos y cuesta 14 euros. El museo no está abierto en enero.",
    ),
    paragraph(
        Language::Italian,
        "Il teatro",
        "Il teatro Bellini fu aperto nel 1862 da Carlo Ferri. La sala ha 640 posti. Il prezzo del biglietto è salito \
         del 5 % nel 2020. Il restauro è costato 2,8 milioni di euro. Il teatro non è aperto in agosto.",
    ),
    paragraph(
        Language::Swedish,
        "Skolan",
        "Skolan i Lunda byggdes 1934 av Karin Holm. Den har 420 elever och 31 lärare. Antalet elever ökade med 4 % \
         under 2022. Renoveringen kostade 18 miljoner kronor. Skolan är inte öppen i juli.",
    ),
    paragraph(
        Language::English,
        "Price list",
        "Article | Width | Price\nOak table | 160 cm | 890 euros\nPine bench | 140 cm | 315 euros\nBirch shelf | 95 cm | \
         128 euros",
    ),
];
