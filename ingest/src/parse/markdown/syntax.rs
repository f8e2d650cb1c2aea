//! The walk over a note's syntax: its blocks, and all that Obsidian reads in them.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use quire_domain::{BlockKind, Link, Metadata};

use super::rewrite::Edits;
use super::{inline, links};

/// A list of more lines than this becomes a block an item.
const SHORT_LIST_LINES: usize = 12;

/// A block whose place is still in bytes.
pub(super) struct Piece {
    pub(super) kind: BlockKind,
    pub(super) range: Range<usize>,
    /// A heading's text without its marks.
    pub(super) title: Option<String>,
    pub(super) block_id: Option<String>,
}

impl Piece {
    fn new(kind: BlockKind, range: Range<usize>) -> Self {
        Self { kind, range, title: None, block_id: None }
    }
}

/// What a walk has found; places are in the text as it was read.
pub(super) struct Found {
    pub(super) pieces: Vec<Piece>,
    /// How the text is to be put as it is shown.
    pub(super) edits: Edits,
    pub(super) metadata: Metadata,
}

/// Reads a text whose front matter lies at `front` and says `metadata`.
pub(super) fn read(text: &str, front: Range<usize>, metadata: Metadata) -> Found {
    let from = front.end;
    let mut walk = Walk {
        text,
        depth: 0,
        pieces: Vec::new(),
        edits: Edits::default(),
        metadata,
        title: None,
        list_end: 0,
        code_depth: 0,
        link_depth: 0,
        run: None,
        ids: Vec::new(),
        field_line: 0,
        lines: (from, 1 + count_breaks(&text[..from])),
    };
    if !front.is_empty() {
        walk.pieces.push(Piece::new(BlockKind::Note, front));
    }
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_WIKILINKS;
    for (event, range) in Parser::new_ext(&text[from..], options).into_offset_iter() {
        walk.take(event, from + range.start..from + range.end);
    }
    walk.metadata.unite_tags();
    let mut pieces = cover(text, walk.pieces);
    for (at, id) in walk.ids {
        let after = pieces.partition_point(|piece| piece.range.end <= at);
        if let Some(piece) = pieces.get_mut(after).filter(|piece| piece.range.start <= at) {
            piece.block_id.get_or_insert(id);
        }
    }
    Found { pieces, edits: walk.edits, metadata: walk.metadata }
}

struct Walk<'a> {
    text: &'a str,
    depth: usize,
    pieces: Vec<Piece>,
    edits: Edits,
    metadata: Metadata,
    /// The text of the heading that is open.
    title: Option<String>,
    /// Where a list ends that is cut into its items.
    list_end: usize,
    code_depth: usize,
    link_depth: usize,
    /// Running text not interrupted by any mark.
    run: Option<Range<usize>>,
    ids: Vec<(usize, String)>,
    /// Where the line ends whose fields were read last.
    field_line: usize,
    /// A byte and its line; both only grow.
    lines: (usize, u32),
}

impl Walk<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        if let Event::Text(part) = event {
            if let Some(title) = self.title.as_mut().filter(|_| self.link_depth == 0) {
                title.push_str(&part);
            }
            if self.code_depth == 0 && self.link_depth == 0 {
                self.grow_run(range);
            }
            return;
        }
        let run = self.end_run();
        match event {
            Event::Start(tag) => {
                if matches!(tag, Tag::List(_)) {
                    self.take_block_id(run);
                }
                self.depth += 1;
                self.open(&tag, range);
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                self.close(end, run);
            }
            Event::Code(part) => {
                if let Some(title) = self.title.as_mut().filter(|_| self.link_depth == 0) {
                    title.push_str(&part);
                }
            }
            Event::DisplayMath(_) if self.depth == 1 => self.cut_out(range),
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        let source = &self.text[range.clone()];
        match tag {
            Tag::Heading { .. } if self.title.is_none() => self.title = Some(String::new()),
            Tag::CodeBlock(_) => self.code_depth += 1,
            Tag::BlockQuote(_) => self.take_callout(range.start),
            Tag::Link { link_type, dest_url, .. } => {
                self.take_link(*link_type, dest_url, range.clone(), false);
            }
            Tag::Image { link_type, dest_url, .. } => {
                self.take_link(*link_type, dest_url, range.clone(), true);
            }
            Tag::List(_) if self.depth == 1 && wants_items(source) => self.list_end = range.end,
            Tag::Item if self.depth == 2 && range.start < self.list_end => {
                self.pieces.push(Piece::new(BlockKind::List, range.clone()));
            }
            _ => {}
        }
        if self.depth == 1 && range.start >= self.list_end {
            self.pieces.push(Piece::new(kind(tag), range));
        }
    }

    fn close(&mut self, end: TagEnd, run: Option<Range<usize>>) {
        match end {
            TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell => self.take_block_id(run),
            TagEnd::Heading(_) if self.depth == 0 => {
                self.take_block_id(run);
                let title = self.title.take();
                if let Some(piece) = self.pieces.last_mut() {
                    piece.title = title;
                }
            }
            TagEnd::Heading(_) => self.title = None,
            TagEnd::CodeBlock => self.code_depth = self.code_depth.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.link_depth = self.link_depth.saturating_sub(1),
            _ => {}
        }
    }

    fn grow_run(&mut self, range: Range<usize>) {
        match &mut self.run {
            Some(run) if run.end == range.start => run.end = range.end,
            _ => {
                self.end_run();
                self.run = Some(range);
            }
        }
    }

    /// Reads the running text that ends here.
    fn end_run(&mut self) -> Option<Range<usize>> {
        let run = self.run.take()?;
        let source = &self.text[run.clone()];
        let tags = inline::tags(source, self.text[..run.start].chars().next_back());
        self.metadata.tags.extend(tags.into_iter().map(str::to_owned));
        if source.contains("::") && run.end > self.field_line {
            let start = self.text[..run.start].rfind('\n').map_or(0, |newline| newline + 1);
            let end = self.text[run.end..].find('\n').map_or(self.text.len(), |at| run.end + at);
            self.metadata.properties.extend(inline::fields(&self.text[start..end]));
            self.field_line = end;
        }
        Some(run)
    }

    /// Takes the block id out that ends a block's text.
    fn take_block_id(&mut self, run: Option<Range<usize>>) {
        let Some(run) = run else { return };
        let Some((id, place)) = inline::block_id(&self.text[run.clone()]) else { return };
        let place = run.start + place.start..run.start + place.end;
        self.ids.push((place.start, id.to_owned()));
        if let Some(title) = &mut self.title
            && let Some((_, inside)) = inline::block_id(title)
        {
            title.truncate(inside.start);
        }
        self.edits.replace(place, "");
    }

    /// Puts a callout's title in place of its mark, `[!note]-`; its kind is its title if it has
    /// no other.
    fn take_callout(&mut self, start: usize) {
        let line = self.text[start..].lines().next().unwrap_or_default();
        let inside = line.trim_start_matches(['>', ' ', '\t']);
        let Some((kind, rest)) = inside.strip_prefix("[!").and_then(|rest| rest.split_once(']'))
        else {
            return;
        };
        if kind.is_empty() || !kind.chars().all(|c| c.is_alphanumeric() || "-_|".contains(c)) {
            return;
        }
        let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let title = rest.trim();
        let at = start + (line.len() - inside.len());
        let mut letters = kind.split('|').next().unwrap_or_default().chars();
        let name = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters);
        let name: String = if title.is_empty() { name.collect() } else { String::new() };
        let end = start + line.len() - rest.trim_start().len();
        self.edits.replace(at..end, name);
    }

    fn take_link(
        &mut self,
        link_type: LinkType,
        destination: &str,
        range: Range<usize>,
        embed: bool,
    ) {
        self.link_depth += 1;
        let line = Some(self.line_at(range.start));
        if matches!(link_type, LinkType::WikiLink { .. }) {
            let source = &self.text[range.clone()];
            let inside = source.trim_start_matches('!').trim_start_matches("[[");
            let inside = inside.strip_suffix("]]").unwrap_or(inside);
            let links::WikiLink { link, shown } = links::wiki(inside, embed);
            if let Some(title) = &mut self.title {
                title.push_str(&shown);
            }
            self.metadata.links.push(Link { line, ..link });
            self.edits.replace(range, shown);
        } else if !matches!(link_type, LinkType::Autolink | LinkType::Email)
            && let Some(link) = links::ordinary(destination, embed)
        {
            let text = links::words(&self.text[range]);
            self.metadata.links.push(Link { line, text, ..link });
        }
    }

    fn line_at(&mut self, byte: usize) -> u32 {
        let (at, line) = self.lines;
        if let Some(passed) = self.text.get(at..byte) {
            self.lines = (byte, line + count_breaks(passed));
        }
        self.lines.1
    }

    /// Makes a formula a block of its own, so that it is not cut.
    fn cut_out(&mut self, range: Range<usize>) {
        let Some(last) = self.pieces.last_mut() else { return };
        if last.kind != BlockKind::Paragraph || range.end > last.range.end {
            return;
        }
        let whole_end = std::mem::replace(&mut last.range.end, range.start);
        let rest = range.end..whole_end;
        self.pieces.push(Piece::new(BlockKind::Code, range));
        if self.text[rest.clone()].contains(char::is_alphanumeric) {
            self.pieces.push(Piece::new(BlockKind::Paragraph, rest));
        }
    }
}

fn count_breaks(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// Tells if a list is cut into its items: if it is long, or its items have ids to be named by.
fn wants_items(source: &str) -> bool {
    source.lines().count() > SHORT_LIST_LINES
        || source.lines().any(|line| inline::block_id(line).is_some())
}

fn kind(tag: &Tag<'_>) -> BlockKind {
    match tag {
        Tag::Heading { level, .. } => BlockKind::Heading(level_number(*level)),
        Tag::List(_) | Tag::Item => BlockKind::List,
        Tag::CodeBlock(_) => BlockKind::Code,
        Tag::FootnoteDefinition(_) => BlockKind::Note,
        // The header is known once the text is as it is shown.
        Tag::Table(_) => BlockKind::Table { header: String::new() },
        _ => BlockKind::Paragraph,
    }
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// Makes paragraphs of the text that no block covers, such as link definitions, and keeps blocks
/// from overlapping.
fn cover(text: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut covered = Vec::with_capacity(pieces.len());
    let mut end = 0;
    for mut piece in pieces {
        if piece.range.start > end {
            fill(text, end..piece.range.start, &mut covered);
        }
        piece.range.start = piece.range.start.max(end);
        if piece.range.start >= piece.range.end {
            continue;
        }
        end = piece.range.end;
        covered.push(piece);
    }
    fill(text, end..text.len(), &mut covered);
    covered
}

fn fill(text: &str, gap: Range<usize>, covered: &mut Vec<Piece>) {
    let words = |c: char| c.is_alphanumeric();
    if text[gap.clone()].contains(words) {
        covered.push(Piece::new(BlockKind::Paragraph, gap));
    } else if let Some(last) = covered.last_mut()
        && !text[gap.clone()].trim().is_empty()
        && !matches!(last.kind, BlockKind::Heading(_))
    {
        // A rule says nothing by itself; it stays with the text above it.
        last.range.end = gap.end;
    }
}
