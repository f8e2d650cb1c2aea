//! The text of a document's page: its tree as elements, with the quote highlighted.
//!
//! All that is shown is text or an element of this file; nothing in a document becomes HTML.

use leptos::prelude::*;
use quire_domain::display::{Align, FormulaPlace, Leaf, LinkTarget, Node, Part};
use quire_domain::{DocumentTarget, Span};

use super::document_link::DocumentLink;

/// The element that holds the beginning of the quote.
pub(crate) const QUOTE_ID: &str = "quote";

/// Shows the text of a page; `on_turn` opens another document.
pub(crate) fn document_text(
    content: Vec<Node>,
    quote: Option<Span>,
    on_turn: Callback<DocumentTarget>,
) -> AnyView {
    Writer { quote, has_begun: false, on_turn }.write_all(content).into_any()
}

struct Writer {
    quote: Option<Span>,
    /// Whether the quote has begun.
    has_begun: bool,
    on_turn: Callback<DocumentTarget>,
}

impl Writer {
    fn write_all(&mut self, nodes: Vec<Node>) -> Vec<AnyView> {
        nodes.into_iter().map(|node| self.write(node)).collect()
    }

    fn write(&mut self, node: Node) -> AnyView {
        match node {
            Node::Text(leaf) => self.write_text(&leaf),
            Node::Part(part, children) => {
                let children = self.write_all(children);
                element(part, children, self.on_turn)
            }
        }
    }

    fn write_text(&mut self, leaf: &Leaf) -> AnyView {
        let mut views = Vec::new();
        for run in leaf.cut(self.quote) {
            let text = run.text.to_owned();
            if !run.quoted {
                views.push(text.into_any());
                continue;
            }
            let is_first = !std::mem::replace(&mut self.has_begun, true);
            let id = is_first.then_some(QUOTE_ID);
            let tab_index = is_first.then_some("-1");
            views.push(
                view! { <mark class="quote" id=id tabindex=tab_index>{text}</mark> }.into_any(),
            );
        }
        views.into_any()
    }
}

fn link(target: LinkTarget, children: Vec<AnyView>, on_turn: Callback<DocumentTarget>) -> AnyView {
    match target {
        LinkTarget::Address(address) => {
            view! { <a href=address target="_blank" rel="noopener noreferrer">{children}</a> }
                .into_any()
        }
        LinkTarget::Document(id) => {
            let target = DocumentTarget { id: id.to_string(), ..DocumentTarget::default() };
            view! { <DocumentLink target on_turn class="note-link">{children}</DocumentLink> }
                .into_any()
        }
        LinkTarget::Nowhere => view! { <span class="unopened-link">{children}</span> }.into_any(),
    }
}

fn element(part: Part, mut children: Vec<AnyView>, on_turn: Callback<DocumentTarget>) -> AnyView {
    match part {
        Part::Properties => view! { <dl class="properties">{children}</dl> }.into_any(),
        Part::PropertyName => view! { <dt>{children}</dt> }.into_any(),
        Part::PropertyValue => view! { <dd>{children}</dd> }.into_any(),
        // The document's title is the page's first heading.
        Part::Heading(0 | 1) => view! { <h2>{children}</h2> }.into_any(),
        Part::Heading(2) => view! { <h3>{children}</h3> }.into_any(),
        Part::Heading(3) => view! { <h4>{children}</h4> }.into_any(),
        Part::Heading(4) => view! { <h5>{children}</h5> }.into_any(),
        Part::Heading(_) => view! { <h6>{children}</h6> }.into_any(),
        Part::Paragraph => view! { <p>{children}</p> }.into_any(),
        Part::Quotation => view! { <blockquote>{children}</blockquote> }.into_any(),
        Part::List(None) => view! { <ul>{children}</ul> }.into_any(),
        Part::List(Some(first)) => view! { <ol start=first.to_string()>{children}</ol> }.into_any(),
        Part::Item(None) => view! { <li>{children}</li> }.into_any(),
        Part::Item(Some(done)) => {
            let label = if done { "Done" } else { "To do" };
            view! {
                <li class="task">
                    <input type="checkbox" disabled=true checked=done aria-label=label/>
                    {children}
                </li>
            }
            .into_any()
        }
        Part::Code(language) => {
            let class = language.as_ref().map(|language| format!("language-{language}"));
            view! { <pre data-language=language><code class=class>{children}</code></pre> }
                .into_any()
        }
        Part::Table => {
            view! { <div class="table-scroll"><table><tbody>{children}</tbody></table></div> }
                .into_any()
        }
        Part::Row => view! { <tr>{children}</tr> }.into_any(),
        Part::HeadCell(align) => {
            view! { <th scope="col" class=alignment(align)>{children}</th> }.into_any()
        }
        Part::Cell(align) => view! { <td class=alignment(align)>{children}</td> }.into_any(),
        Part::Footnote => {
            let text = children.split_off(children.len().min(1));
            view! { <div class="footnote-text">{children}<div>{text}</div></div> }.into_any()
        }
        Part::Rule => view! { <hr/> }.into_any(),
        Part::Strong => view! { <strong>{children}</strong> }.into_any(),
        Part::Emphasis => view! { <em>{children}</em> }.into_any(),
        Part::Struck => view! { <del>{children}</del> }.into_any(),
        Part::InlineCode => view! { <code>{children}</code> }.into_any(),
        Part::Formula(FormulaPlace::Line) => {
            view! { <code class="formula">{children}</code> }.into_any()
        }
        Part::Formula(FormulaPlace::Block) => {
            view! { <code class="formula block">{children}</code> }.into_any()
        }
        Part::Image => view! { <span class="image-words">{children}</span> }.into_any(),
        Part::FootnoteMark => view! { <sup class="footnote-mark">{children}</sup> }.into_any(),
        Part::Link(target) => link(target, children, on_turn),
    }
}

fn alignment(align: Align) -> Option<&'static str> {
    match align {
        Align::Start => None,
        Align::Center => Some("centered"),
        Align::End => Some("number"),
    }
}
