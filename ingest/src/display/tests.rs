//! Pages as they are shown, written as tags; a quote stands between `«` and `»`.

use quire_domain::display::{Align, FormulaPlace, LinkTarget, Part};
use quire_domain::{DocumentId, DocumentRef, Link};

use super::*;

mod by_chance;

/// Reads a note and writes how it is shown.
fn shown(note: &str) -> String {
    shown_with(note, "", &[])
}

/// Writes how a note is shown that is opened at a quote.
fn quoted(note: &str, quote: &str) -> String {
    shown_with(note, quote, &[])
}

fn shown_with(note: &str, quote: &str, links: &[ResolvedLink]) -> String {
    let (text, nodes) = tree(note, links);
    let start = text.find(quote).expect("the quote is in the stored text");
    let start = text[..start].chars().count();
    let quote = Span::new(start, start + quote.chars().count());
    nodes.iter().map(|node| written(node, quote)).collect()
}

fn tree(note: &str, links: &[ResolvedLink]) -> (String, Vec<Node>) {
    let mut document = read(note);
    let text = document.pages.remove(0).text;
    let page = PageToShow { format: document.format, text: &text, blocks: &document.blocks, links };
    let nodes = display(&page);
    (text, nodes)
}

fn read(note: &str) -> quire_domain::ParsedDocument {
    let path = "a.md".parse().expect("a path");
    let document = crate::parse(&path, note.as_bytes(), &crate::ParseLimits::default());
    document.expect("a note is read")
}

fn written(node: &Node, quote: Span) -> String {
    let (part, children) = match node {
        Node::Text(leaf) => {
            let run = |run: quire_domain::display::Run<'_>| {
                if run.quoted { format!("«{}»", run.text) } else { run.text.to_owned() }
            };
            return leaf.cut(Some(quote)).into_iter().map(run).collect();
        }
        Node::Part(part, children) => (part, children),
    };
    let inside: String = children.iter().map(|child| written(child, quote)).collect();
    let name = match part {
        Part::Properties => "dl".to_owned(),
        Part::PropertyName => "dt".to_owned(),
        Part::PropertyValue => "dd".to_owned(),
        Part::Heading(level) => format!("h{level}"),
        Part::Paragraph => "p".to_owned(),
        Part::Quotation => "quote".to_owned(),
        Part::List(None) => "ul".to_owned(),
        Part::List(Some(first)) => format!("ol {first}"),
        Part::Item(None) => "li".to_owned(),
        Part::Item(Some(done)) => format!("li {done}"),
        Part::Code(language) => format!("pre {}", language.as_deref().unwrap_or("-")),
        Part::Table => "table".to_owned(),
        Part::Row => "tr".to_owned(),
        Part::HeadCell(align) => format!("th{}", aligned(*align)),
        Part::Cell(align) => format!("td{}", aligned(*align)),
        Part::Footnote => "note".to_owned(),
        Part::Rule => "hr".to_owned(),
        Part::Strong => "b".to_owned(),
        Part::Emphasis => "i".to_owned(),
        Part::Struck => "s".to_owned(),
        Part::InlineCode => "code".to_owned(),
        Part::Formula(FormulaPlace::Line) => "tex".to_owned(),
        Part::Formula(FormulaPlace::Block) => "TEX".to_owned(),
        Part::Link(LinkTarget::Address(address)) => format!("a {address}"),
        Part::Link(LinkTarget::Document(id)) => format!("a {id}"),
        Part::Link(LinkTarget::Nowhere) => "a".to_owned(),
        Part::Image => "img".to_owned(),
        Part::FootnoteMark => "sup".to_owned(),
    };
    format!("<{name}>{inside}</>")
}

fn aligned(align: Align) -> &'static str {
    match align {
        Align::Start => "",
        Align::Center => " center",
        Align::End => " end",
    }
}

#[test]
fn every_construct_is_shown_without_its_marks() {
    let check = |note: &str, expected: &str| assert_eq!(shown(note), expected, "{note}");
    check("# One *two*\n\nthree\nfour", "<h1>One <i>two</></><p>three\nfour</>");
    check("**a** __b__ *c* ~~d~~ `e` f", "<p><b>a</> <b>b</> <i>c</> <s>d</> <code>e</> f</>");
    check("***a* b**", "<p><b><i>a</> b</></>");
    check("Two  \nlines<br>here", "<p>Two\nlines\nhere</>");
    check("- a\n- b\n  - c", "<ul><li>a</><li>b<ul><li>c</></></></>");
    check("3. a\n4. b", "<ol 3><li>a</><li>b</></>");
    check("- a\n\n- b", "<ul><li><p>a</></><li><p>b</></></>");
    check("- [ ] a\n- [x] **b**", "<ul><li false>a</><li true><b>b</></></>");
    check("> a\n> b\n>\n> - c", "<quote><p>a\nb</><ul><li>c</></></>");
    check("> [!warning] Mind\n> this", "<quote><p>Mind\nthis</></>");
    check("a\n\n---\n\nb", "<p>a</><hr></><p>b</>");
    check("```rust ignore\nfn x() {}\n\n*y*\n```", "<pre rust>fn x() {}\n\n*y*\n</>");
    check("    a *b*", "<pre ->a *b*</>");
    check("So $a_1$ is\n$$\nx = y\n$$", "<p>So <tex>a_1</> is\n<TEX>x = y</></>");
    check(
        "| a | **b** |\n|:-:|--:|\n| `c\\|d` | |",
        "<table><tr><th center>a</><th end><b>b</></></><tr><td center><code>c|d</></><td end></></></>",
    );
    check("a[^1]\n\n[^1]: The *note*.", "<p>a<sup>1</></><note><sup>1</><p>The <i>note</>.</></>");
    check("![A pump](p.png) ![](i/q.png)", "<p><img>A pump</> <img>q.png</></>");
    check("a \\* b &amp; `` c`d ``", "<p>a * b & <code>c`d</></>");
    check("A\n=\n\nB\n-", "<h1>A</><h2>B</>");
}

#[test]
fn front_matter_is_names_and_values() {
    let note = "---\ntitle: A: *note*\ntags:\n  - one\n  - two\nup: \"[[Home]]\"\nempty:\n# said\n---\n\n# B";
    let expected = "<dl><dt>title</><dd>A: *note*</><dt>tags</><dd>one</><dd>two</>\
                    <dt>up</><dd>\"[[Home]]\"</><dt>empty</><dd># said</></><h1>B</>";
    assert_eq!(shown(note), expected);
    assert_eq!(shown("---\n---\nb"), "<p>b</>");
    assert_eq!(shown("---\ntitle: [unclosed\n---\n"), "<dl><dt>title</><dd>[unclosed</></>");
}

#[test]
fn only_web_addresses_and_known_notes_are_links() {
    let check = |note: &str, expected: &str| assert_eq!(shown(note), expected, "{note}");
    check("[*a*](https://b.c \"t\")", "<p><a https://b.c><i>a</></></>");
    check(
        "[a]\n\n[a]: http://b.c",
        "<p><a http://b.c>a</></><p>[a]: <a http://b.c>http://b.c</></>",
    );
    check("<https://b.c> <d@e.f>", "<p><a https://b.c>https://b.c</> <a mailto:d@e.f>d@e.f</></>");
    check("See https://b.c/d_e_f.", "<p>See <a https://b.c/d_e_f>https://b.c/d_e_f</>.</>");
    check("`https://b.c`", "<p><code>https://b.c</></>");
    check("[a](javascript:alert(1))", "<p><a>a</></>");
    check("[a](<java\tscript:x>) [b](//c.d)", "<p><a>a</> <a>b</></>");
    check("[a](Other.md) [[Third]]", "<p><a>a</> Third</>");

    let id: DocumentId = "0123456789abcdef0123456789abcdef"
        .parse()
        .unwrap_or_else(|_| "00000000-0000-4000-8000-000000000001".parse().expect("an identifier"));
    let to = |written: &str, line: u32| {
        let path = "x.md".parse().expect("a path");
        let document = Some(DocumentRef {
            id: id.clone(),
            path,
            title: String::new(),
            page_kind: quire_domain::PageKind::Page,
        });
        ResolvedLink { link: Link { line: Some(line), ..Link::parse(written) }, document }
    };
    let links = [to("Pumps", 1), to("Note#Care", 2), to("Pumps", 2), to("Some note.md", 2)];
    let note = "Of Pumpsets and **[[Pumps]]**\n[[Note#Care]], [[Pumps]] [md](Some%20note.md#Part)";
    let expected = format!(
        "<p>Of Pumpsets and <b><a {id}>Pumps</></>\n<a {id}>Note > Care</>, <a {id}>Pumps</> <a {id}>md</></>"
    );
    assert_eq!(shown_with(note, "", &links), expected);

    let own_words = |written: &str, text: &str| {
        let ResolvedLink { link, document } = to(written, 1);
        ResolvedLink { link: Link { text: Some(text.to_owned()), ..link }, document }
    };
    let links = [own_words("Pumps", "the old pump"), own_words("Pumps.md", "it")];
    let note = "See [[Pumps|the old pump]] or [it](Pumps.md).";
    let expected = format!("<p>See <a {id}>the old pump</> or <a {id}>it</>.</>");
    assert_eq!(shown_with(note, "", &links), expected);
}

#[test]
fn a_quote_is_marked_wherever_it_begins_and_ends() {
    let check = |note: &str, quote: &str, expected: &str| {
        assert_eq!(quoted(note, quote), expected, "{quote:?} in {note:?}");
    };
    check("Ä **bold words** end", "words** e", "<p>Ä <b>bold «words»</>« e»nd</>");
    check("Ä **bold words** end", "**bold words**", "<p>Ä <b>«bold words»</> end</>");
    check(
        "- [ ] one *two*\n- three",
        "two*\n- th",
        "<ul><li false>one <i>«two»</></><li>«th»ree</></>",
    );
    check("# A\n\nb c", "# A\n\nb", "<h1>«A»</><p>«b» c</>");
    check(
        "| a | b |\n|---|---|\n| c | d |",
        "b |\n|---|---|\n| c",
        "<table><tr><th>a</><th>«b»</></><tr><td>«c»</><td>d</></></>",
    );
    check("> a\n> b", "a\n> b", "<quote><p>«a\n»«b»</></>");
    check("a &amp; b", "amp", "<p>a «&» b</>");
    check("`a b`", "b", "<p><code>a «b»</></>");
    check("---\nkey: two words\n---\nx", "words", "<dl><dt>key</><dd>two «words»</></><p>x</>");
    // If only marks are quoted, nothing is marked.
    check("a **b** c", "**", "<p>a <b>b</> c</>");
    check("[a](https://b.c)", "b.c", "<p><a https://b.c>a</></>");
}

#[test]
fn html_stays_text() {
    let check = |note: &str, expected: &str| assert_eq!(shown(note), expected, "{note}");
    check("<script>alert(1)</script>", "<pre html><script>alert(1)</script></>");
    check("a <b onclick=x>c</b>", "<p>a <b onclick=x>c</b></>");
    check("<div>\n\n*a*\n\n</div>", "<pre html><div>\n</><p><i>a</></><pre html></div></>");
    check("```a\"><script>\nb\n```", "<pre ->b\n</>");
}

#[test]
fn marks_without_their_like_are_text() {
    for text in ["**a", "a*", "[a](b", "`a", "~~a", "$a", "| a |", "[^1]", "![a", "<a"] {
        assert_eq!(shown(text), format!("<p>{text}</>"));
    }
}

#[test]
fn definitions_are_shown_where_they_stand() {
    assert_eq!(
        shown("> [a]: http://b.c\n> d\n\n- e\n\n  [f]: /g"),
        "<quote><p>[a]: <a http://b.c>http://b.c</></><p>d</></><ul><li><p>e</><p>[f]: /g</></></>"
    );
}

#[test]
fn what_is_nested_deep_is_shown_in_the_innermost_part() {
    let deep = [
        format!("{}word", "> ".repeat(5_000)),
        format!("{}word", "- ".repeat(5_000)),
        format!("{}word{}", "*a ".repeat(5_000), "*".repeat(5_000)),
        format!("{}word{}", "[".repeat(5_000), "](b)".repeat(5_000)),
        format!("{}word", "**_".repeat(5_000)),
        format!("https://a.b{} word", ")".repeat(200_000)),
        (0..500).map(|depth| "  ".repeat(depth) + "- word\n").collect(),
    ];
    for note in deep {
        let (_, nodes) = tree(&note, &[]);
        let depth = nodes.iter().map(depth).max().unwrap_or(0);
        assert!(depth <= 25, "{depth}: {}", &note[..20]);
        assert!(leaves(&nodes).iter().any(|leaf| leaf.text.contains("word")));
        // What cannot be read again cannot be shown.
        let json = serde_json::to_string(&nodes).expect("it is written");
        let read: Vec<Node> = serde_json::from_str(&json).expect("it is read");
        assert_eq!(read, nodes);
    }
}

#[test]
fn other_formats_are_shown_by_their_blocks() {
    let shown = |path: &str, bytes: &str| {
        let path = path.parse().expect("a path");
        let limits = crate::ParseLimits::default();
        let document = crate::parse(&path, bytes.as_bytes(), &limits).expect("it is read");
        let (text, blocks) = (&document.pages[0].text, &document.blocks);
        let page = PageToShow { format: document.format, text, blocks, links: &[] };
        let none = Span::default();
        display(&page).iter().map(|node| written(node, none)).collect::<String>()
    };
    assert_eq!(shown("a.txt", "*One*\n\n# two"), "<p>*One*</><p># two</>");
    assert_eq!(
        shown("a.csv", "name,size\nx,1\ny,\n"),
        "<table><tr><th>name</><th>size</></><tr><td>x</><td>1</></><tr><td>y</><td></></></>"
    );
    assert_eq!(
        shown("a.html", "<h2>A</h2><p>b</p><pre>c</pre><script>d</script>"),
        "<h2>A</><p>b</><pre ->c</>"
    );
    let canvas =
        r#"{"nodes": [{"id": "a", "type": "text", "x": 0, "y": 0, "text": "A **b**\n\n- c"}]}"#;
    assert_eq!(shown("a.canvas", canvas), "<p>A <b>b</></><ul><li>c</></>");
}

fn depth(node: &Node) -> usize {
    match node {
        Node::Text(_) => 0,
        Node::Part(_, children) => 1 + children.iter().map(depth).max().unwrap_or(0),
    }
}

fn leaves(nodes: &[Node]) -> Vec<&Leaf> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Text(leaf) => found.push(leaf),
            Node::Part(_, children) => found.extend(leaves(children)),
        }
    }
    found
}
