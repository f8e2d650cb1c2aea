//! What each target begins with. Seeds are made and not kept as files, so that they say what they are.

use std::path::Path;

use quire_domain::Language;

use crate::TARGETS;
use crate::{docx as package, pdf as page};

const NOTE: &str = "---\ntitle: Pump\ntags: [a, b/c]\naliases: P\n---\n# Pump\n\nText with [[A note#Part|words]], ![[x.png]], \
    #tag and key:: value. ^id1\n\n> [!note] Call\n> out\n\n- [ ] one\n  1. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```rust\nfn x() {}\n```\n\n\
    %%gone%% ==marked== ~~no~~ $x^2$ [^1]\n\n[^1]: A footnote.\n";
const PAGE: &str = "<!doctype html><html><head><title>T</title></head><body><h1>Pump</h1><p>Text <b>bold</b> &amp; more</p>\
    <table><tr><th>a</th><th colspan=2>b</th></tr><tr><td>1</td><td>2</td></tr></table><ul><li>x<li>y</ul><pre>code</pre></body></html>";
const TABLE: &str = "name;amount;note\n\"A; b\";1.234,5;x\n\"c\"\"d\";2;\n";
const CANVAS: &str = r#"{"nodes":[{"id":"1","type":"text","text":"A card with [[link]]","x":0,"y":0,"width":1,"height":1},{"id":"2","type":"group","label":"G","x":0,"y":0,"width":9,"height":9}],"edges":[{"id":"e","fromNode":"1","toNode":"2","label":"to"}]}"#;
const BASE: &str = "filters:\n  and:\n    - file.hasTag(\"book\")\nviews:\n  - type: table\n    name: All\n    order: [file.name]\n";
const BODY: &str = "<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>Pump</w:t></w:r></w:p><w:p><w:r><w:t xml:space=\"preserve\">Text </w:t>\
    <w:tab/><w:footnoteReference w:id=\"1\"/></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
const STREAM: &str = "BT /F1 12 Tf 72 720 Td (Pump) Tj 0 -14 Td [(Net) -300 (sales)] TJ ET";
const NOTES: &str = "<w:p><w:r><w:footnoteReference w:id=\"2\"/></w:r></w:p>";
const STYLES: &str = "<w:style w:type=\"paragraph\" w:styleId=\"Heading1\"><w:name w:val=\"heading 1\"/><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr></w:style>";
const NUMBERING: &str = "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/></w:lvl></w:abstractNum>\
    <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>";
const FOOTNOTES: &str =
    "<w:footnote w:id=\"1\"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote>";
const LISTED: &str = "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>Item</w:t></w:r></w:p>";

const HASH: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const PLAN: &str = r#"{"rules_hash":"r","complete":true,"device_time":1700000000000,"scope":{"prefixes":["a/",""]},"files":[["a/b.md","HASH",1700000000000,1],["c.md","HASH",1,0],["d.md",null,0,5]]}"#;
const OPS: &str = r#"{"ops":[{"op":"put","path":"a.md","hash":"HASH","mtime":1700000000000,"ctime":1,"b64":"eA==","if_none_match":"*"},{"op":"put","path":"b/c.md","mtime":1,"text":"x","if_match":"HASH"},{"op":"move","from":"a.md","to":"b.md","hash":"HASH","ts":2},{"op":"delete","path":"b.md","ts":2}]}"#;
const COMMIT: &str = r#"{"plan_id":"pl_0190b6a4","scope":{"prefixes":["a/"]},"delete_missing":true,"expected_deletes":3}"#;
const SOURCE: &str = r#"{"kind":"folder","root":"/n","vault":{"name":"V","id":"0123456789abcdef"},"collection":"notes","name":"N","folder":"f","rules":{"include":["**/*.md"],"exclude":["**/.*"],"extensions":["md"],"max_bytes":9,"index_attachments":true,"respect_obsidian_excludes":false}}"#;

/// Writes a folder of seeds for every target.
///
/// # Errors
/// If a folder or file cannot be written.
pub fn write_seeds(folder: &Path) -> std::io::Result<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in target.seeds().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}

pub(crate) fn pdf() -> Vec<Vec<u8>> {
    vec![STREAM.into(), page::around(STREAM.as_bytes())]
}

pub(crate) fn docx() -> Vec<Vec<u8>> {
    let parts = format!("{BODY}{LISTED}{NOTES}\0{STYLES}\0{NUMBERING}\0{FOOTNOTES}").into_bytes();
    let whole = package::around(&parts);
    vec![parts, whole]
}

pub(crate) fn markdown() -> Vec<Vec<u8>> {
    vec![NOTE.into()]
}

pub(crate) fn html() -> Vec<Vec<u8>> {
    vec![PAGE.into()]
}

pub(crate) fn mail() -> Vec<Vec<u8>> {
    let head = "From: a@x.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n";
    let plain = format!("{head}Content-Type: text/plain; charset=iso-8859-1\r\n\r\n{NOTE}");
    let parts = format!(
        "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
         {PAGE}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{plain}\r\n--b--\r\n"
    );
    vec![plain.into(), parts.into()]
}

pub(crate) fn csv() -> Vec<Vec<u8>> {
    vec![TABLE.into(), TABLE.replace(';', "\t").into()]
}

pub(crate) fn text() -> Vec<Vec<u8>> {
    vec![NOTE.into(), "Gr\u{fc}\u{df}e".encode_utf16().flat_map(u16::to_le_bytes).collect()]
}

pub(crate) fn canvas() -> Vec<Vec<u8>> {
    vec![CANVAS.into()]
}

pub(crate) fn front_matter() -> Vec<Vec<u8>> {
    vec![BASE.into(), "title: x\ndate: 2024-01-02\ntags: [a]\n".into()]
}

/// The first byte chooses a name.
pub(crate) fn format() -> Vec<Vec<u8>> {
    let named = |choice: u8, bytes: &[u8]| [&[choice], bytes].concat();
    vec![
        named(1, &page::around(STREAM.as_bytes())),
        named(2, &package::around(BODY.as_bytes())),
        named(6, NOTE.as_bytes()),
        named(7, PAGE.as_bytes()),
    ]
}

/// After a language: claim, question, passage and title.
pub(crate) fn claim_check() -> Vec<Vec<u8>> {
    let written = |language: Language, parts: [&str; 4]| chosen(language, &parts.join("\0"));
    vec![
        written(
            Language::English,
            [
                "Net sales rose 5.3 % to $82,959.5 million in 2022.",
                "How much were net sales in 2022?",
                "| year | net sales |\n|---|---|\n| 2022 | $82,959.5 |\n\nNet sales rose by 5.3 % to $82,959.5 million in 2022. They fell by half in 2021, \
                    but not before 3 May.",
                "Report 2022",
            ],
        ),
        written(
            Language::German,
            [
                "Die Umw\u{e4}lzpumpe l\u{e4}uft seit dem 3. Mai 2024 nicht mehr und kostet 1.234,50 \u{20ac}.",
                "Seit wann l\u{e4}uft sie nicht?",
                "Die Pumpe lief bis zum 3. Mai 2024. Sie kostet 1.234,50 \u{20ac}, also z. B. halb so viel wie Dr. Meyers.",
                "Wartung",
            ],
        ),
    ]
}

/// After a language: a text, and as many bytes as its first part has characters.
pub(crate) fn language() -> Vec<Vec<u8>> {
    let text = "Dr. Meyer (b. 1950) paid $3.50 at 5 p.m. on Jan. 3. \"Why?\" she asked. He did: e.g. twice\u{2026} Then:\n- one\n- two";
    let other = "Am 3. Mai, d. h. morgen, kommt Prof. Dr. Kr\u{fc}ger. Er bringt 1.234,5 kg mit! \u{4e2d}\u{6587}\u{3002}\u{597d}\u{3002}";
    vec![
        chosen(Language::English, &format!("{text}\0{}", "x".repeat(40))),
        chosen(Language::German, &format!("{other}\0{}", "x".repeat(20))),
    ]
}

/// Puts before an input the byte that chooses a language.
fn chosen(language: Language, input: &str) -> Vec<u8> {
    let choice = Language::ALL.iter().position(|other| *other == language);
    let choice = choice.unwrap_or_default() as u8;
    [&[choice], input.as_bytes()].concat()
}

/// After a byte that chooses nothing: a plain glob; globs; paths; filters of Obsidian; an ignore file.
pub(crate) fn globs() -> Vec<Vec<u8>> {
    let parts = [
        "**/a*/?.md",
        "*.{md,txt}\n[!a-c]**\n\\*\n**/x/**",
        "b/ab/c.md\n.x/y.txt\na\nn/\u{fc}.md",
        "Templates\n/^draft.*/\nb/",
        "# all\n*.tmp\n!keep.tmp\n/build/\n**/out\\ \n[a-c]*\n",
    ];
    vec![format!("-{}", parts.join("\0")).into_bytes()]
}

/// After how many bytes come at a time: a boundary, a body, and names and bytes of files.
pub(crate) fn multipart() -> Vec<Vec<u8>> {
    let body = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a/b.md\"\r\nContent-Type: text/plain\r\n\r\nText\r\n\
        --b\r\nContent-Disposition: form-data; name=\"files\"; filename*=UTF-8''%c3%bc.md\r\n\r\n\r\n--b--\r\n";
    let files = "notes/a.md\0The bytes\r\nof a file.\r\n--\0../b.md\0\0\u{fc}.md\0x";
    vec![format!("\u{7}b\0{body}\0{files}").into_bytes()]
}

/// After the choice of a family: where it is cut, and a reply as that family writes it.
pub(crate) fn reply() -> Vec<Vec<u8>> {
    let object = r#"{"name": "weather", "arguments": {"city": "Bonn", "days": 3}}"#;
    let llama = object.replace("arguments", "parameters");
    let replies = [
        "<think>Hm.</think>\nPlain <b>text</b> with {braces}.".to_owned(),
        format!("<think>Hm.</think>I look.\n<tool_call>\n{object}\n</tool_call>\n<tool_call>{{\"name\": \"now\"}}</tool_call>"),
        "<tool_call>\n<function=weather>\n<parameter=city>\nBonn\n</parameter>\n<parameter=days>3</parameter>\n</function>\n</tool_call>".to_owned(),
        format!("<|python_tag|>{llama}; {llama}"),
        format!("[TOOL_CALLS][{object}, {object}]"),
        ">>>all\nI look.\n>>>weather\n{\"city\": \"Bonn\"}".to_owned(),
        "```tool_code\nprint(weather(city='Bonn', days=[1, {\"a\": None}]))\n```".to_owned(),
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Bonn\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>".to_owned(),
    ];
    let seeds = (0_u8..).zip(replies);
    let seeds = seeds.map(|(choice, reply)| [&[choice, 1, 5, 2, 0], reply.as_bytes()].concat());
    let others = [
        (3, llama),
        (4, "[TOOL_CALLS]weather[ARGS]{\"city\": \"Bonn\"}[TOOL_CALLS]now{}".to_owned()),
        (6, format!("```json\n[{object}]\n```")),
    ];
    let others = others.map(|(choice, reply)| [&[choice, 3, 0], reply.as_bytes()].concat());
    seeds.chain(others).collect()
}

/// Requests, and a limit of deletions.
pub(crate) fn sync_ops() -> Vec<Vec<u8>> {
    let requests = [PLAN, OPS, COMMIT, SOURCE].map(|json| json.replace("HASH", HASH).into_bytes());
    requests.into_iter().chain([b"20%".to_vec()]).collect()
}
