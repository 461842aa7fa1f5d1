//! The Markdown walk: from the parser's events to steps, and a clear sentence for Markdown that lessons do not have.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::inline::Inlines;
use super::problem::{Problem, Text, did_you_mean, visible};
use super::{MAX_PROBLEMS, MAX_STEPS, fence, toml_at};
use crate::lesson::{Block, Inline, Step};

/// How the address of a link to the glossary begins.
const TERM: &str = "term:";

/// Reads the steps of the Markdown that begins at byte `start` of `text`.
pub(super) fn read(source: &Text<'_>, text: &str, start: usize) -> (Vec<Step>, Vec<Problem>) {
    let mut walk = Walk::new(source, text, start, None);
    walk.run();
    walk.end_step(text.len() - start);
    (walk.steps, walk.problems)
}

/// Reads a text that may be one paragraph only (the `why` of a question); every mistake is placed at byte `at`.
pub(super) fn paragraph(source: &Text<'_>, text: &str, at: usize) -> (Vec<Inline>, Vec<Problem>) {
    let mut walk = Walk::new(source, text, 0, Some(at));
    walk.run();
    let blocks = walk.draft.map(|draft| draft.blocks).unwrap_or_default();
    match <[Block; 1]>::try_from(blocks) {
        Ok([Block::Paragraph(inlines)]) if walk.steps.is_empty() => (inlines, walk.problems),
        _ => {
            if walk.problems.is_empty() {
                let help = "leave out empty lines, lists, headings and blocks".to_owned();
                walk.problems.push(source.problem(at, "this text must be one paragraph").with_help(help));
            }
            (Vec::new(), walk.problems)
        }
    }
}

/// Reads the text of speaker notes, which stands in `range` of the file.
pub(super) fn notes(source: &Text<'_>, text: &str, range: Range<usize>) -> (Vec<Block>, Vec<Problem>) {
    let at = range.start;
    let (title, blocks, mut problems) = text_for(source, text, range);
    if title.is_some() {
        let message = "speaker notes hold text only, without headings";
        problems.push(source.problem(at, message).with_help("use **strong** text".to_owned()));
    }
    (blocks, problems)
}

/// Reads the text of a block for one kind of model, which stands in `range` of the file: a heading of its own, if there
/// is one, and what follows.
pub(super) fn text_for(
    source: &Text<'_>,
    text: &str,
    range: Range<usize>,
) -> (Option<String>, Vec<Block>, Vec<Problem>) {
    let mut walk = Walk::new(source, text.get(..range.end).unwrap_or(text), range.start, None);
    walk.run();
    let only_text = walk.draft.as_ref().is_none_or(|step| {
        step.bench.is_none() && step.predict.is_none() && step.check.is_none() && step.only.is_empty()
    });
    if !walk.steps.is_empty() || !only_text {
        let message = "this block holds text only, without rules or blocks";
        let help = "end the block before them".to_owned();
        walk.problems.push(source.problem(range.start, message).with_help(help));
    }
    let (title, blocks) = walk.draft.map(|step| (step.title, step.blocks)).unwrap_or_default();
    (title, blocks, walk.problems)
}

/// A fenced block that is being read.
struct Fence {
    info: String,
    content: String,
    range: Option<Range<usize>>,
}

struct Walk<'a> {
    source: &'a Text<'a>,
    text: &'a str,
    /// Where the Markdown begins in `text`.
    start: usize,
    /// Where every mistake is placed, for text that comes out of a TOML string.
    fixed: Option<usize>,
    steps: Vec<Step>,
    problems: Vec<Problem>,
    /// The step that is being read, once something of it has been seen.
    draft: Option<Step>,
    inlines: Inlines,
    list: Option<(bool, Vec<Vec<Inline>>)>,
    quote: bool,
    fence: Option<Fence>,
    /// How many open elements inside a refused one are being passed over.
    skip: usize,
}

impl<'a> Walk<'a> {
    fn new(source: &'a Text<'a>, text: &'a str, start: usize, fixed: Option<usize>) -> Self {
        Self {
            source,
            text,
            start,
            fixed,
            steps: Vec::new(),
            problems: Vec::new(),
            draft: None,
            inlines: Inlines::default(),
            list: None,
            quote: false,
            fence: None,
            skip: 0,
        }
    }

    fn run(&mut self) {
        let text = self.text;
        let events = Parser::new_ext(&text[self.start..], Options::ENABLE_TABLES).into_offset_iter();
        // `[CLS]: word` at the start of a line defines a link, and the line would vanish without a trace.
        let definitions: Vec<usize> = events.reference_definitions().iter().map(|(_, def)| def.span.start).collect();
        for at in definitions {
            let message = "a line that begins with `[…]:` is Markdown's link definition";
            self.refuse(at, message, "write `` `[CLS]`: … `` as code");
        }
        for (event, range) in events {
            if self.steps.len() >= MAX_STEPS {
                self.refuse(range.start, format!("a lesson has at most {MAX_STEPS} steps"), "make two lessons of it");
                self.draft = None;
                break;
            }
            self.event(event, range);
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(_) if self.skip > 0 => self.skip += 1,
            Event::End(_) if self.skip > 0 => self.skip -= 1,
            _ if self.skip > 0 => {}
            Event::Start(tag) => self.begin(tag, range.start),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => match &mut self.fence {
                Some(fence) => {
                    fence.content.push_str(&text);
                    let start = fence.range.as_ref().map_or(range.start, |known| known.start);
                    fence.range = Some(start..range.end);
                }
                None => self.inlines.text(&text, range.start),
            },
            Event::Code(code) => self.inlines.code(&code),
            Event::SoftBreak | Event::HardBreak => self.inlines.text(" ", range.start),
            Event::Rule if self.list.is_some() || self.quote => {
                self.refuse(range.start, "`---` inside a list or quotation", "leave an empty line above `---`");
            }
            Event::Rule => self.end_step(range.start),
            Event::Html(_) | Event::InlineHtml(_) => {
                let help = "write Markdown, or put the characters in `code`";
                self.refuse(range.start, "HTML is not shown in a lesson", help);
            }
            _ => self.refuse(range.start, "this Markdown is not known here", "write it as plain text"),
        }
    }

    /// What a lesson does not show, and what to do instead.
    fn not_shown(&self, tag: &Tag<'_>) -> Option<(&'static str, &'static str)> {
        let nested = self.list.is_some() || self.quote;
        Some(match tag {
            Tag::Image { .. } => ("images are not shown in a lesson", "show a bench instead"),
            Tag::HtmlBlock => ("HTML is not shown in a lesson", "write Markdown instead"),
            Tag::Table(_) => ("tables are not shown in a lesson", "write a list, or a block of ``` text"),
            Tag::List(_) if nested => ("a list inside a list or quotation is not shown", "write one flat list"),
            Tag::BlockQuote(_) if nested => {
                ("a quotation inside a list or quotation is not shown", "let it stand on its own")
            }
            Tag::Heading { .. } if nested => {
                ("a heading inside a list or quotation is not shown", "use **strong** text")
            }
            Tag::CodeBlock(_) if nested || self.fixed.is_some() => {
                ("a block of code or a directive cannot stand here", "move it to the left margin of the step")
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => {
                ("a line indented by four spaces is Markdown's code", "move it to the left margin, or use ```")
            }
            Tag::Paragraph
            | Tag::Strong
            | Tag::Emphasis
            | Tag::Item
            | Tag::Link { .. }
            | Tag::List(_)
            | Tag::BlockQuote(_)
            | Tag::Heading { .. }
            | Tag::CodeBlock(_) => return None,
            _ => ("this Markdown is not known here", "write it as plain text"),
        })
    }

    fn begin(&mut self, tag: Tag<'_>, at: usize) {
        if let Some((message, help)) = self.not_shown(&tag) {
            self.draft(at);
            self.refuse(at, message, help);
            // What is inside is passed over.
            self.skip = 1;
            return;
        }
        match tag {
            Tag::Paragraph if self.list.is_some() && !self.inlines.is_empty() => {
                self.refuse(at, "a list item has one paragraph", "write a second item, or text below the list");
            }
            Tag::Strong => self.inlines.strong(true),
            Tag::Emphasis => self.inlines.emphasis(true),
            Tag::Link { dest_url, .. } => {
                if let Some(name) = dest_url.strip_prefix(TERM) {
                    self.inlines.begin_term(name);
                } else {
                    let help = "write the address as `code`, or cite a source with {{cite.…}}";
                    self.refuse(at, "links cannot be followed in a lesson", help);
                }
            }
            Tag::List(first) => {
                if first.is_some_and(|first| first != 1) {
                    let help = "if no list is meant, put the number elsewhere in its line";
                    self.refuse(at, "a numbered list begins with 1", help);
                }
                self.list = Some((first.is_some(), Vec::new()));
            }
            Tag::BlockQuote(_) => self.quote = true,
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.fence = Some(Fence { info: info.trim().to_owned(), content: String::new(), range: None });
            }
            _ => {}
        }
        self.draft(at);
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Strong => self.inlines.strong(false),
            TagEnd::Emphasis => self.inlines.emphasis(false),
            TagEnd::Link => self.inlines.end_term(),
            TagEnd::Paragraph if self.list.is_some() => {}
            TagEnd::Paragraph => {
                let inlines = self.take_inlines();
                self.mistyped(&inlines, range.start);
                let block = if self.quote { Block::Quote(inlines) } else { Block::Paragraph(inlines) };
                self.push(block, range.start);
            }
            TagEnd::Item => {
                let inlines = self.take_inlines();
                if let Some((_, items)) = self.list.as_mut().filter(|_| !inlines.is_empty()) {
                    items.push(inlines);
                }
            }
            TagEnd::List(_) => {
                if let Some((ordered, items)) = self.list.take().filter(|(_, items)| !items.is_empty()) {
                    self.push(Block::List { ordered, items }, range.start);
                }
            }
            TagEnd::BlockQuote(_) => self.quote = false,
            TagEnd::Heading(_) => self.end_heading(range.start),
            TagEnd::CodeBlock => {
                if let Some(fence) = self.fence.take() {
                    self.end_fence(fence, range);
                }
            }
            _ => {}
        }
    }

    /// A word processor makes other signs of `---` and of ```` ``` ````, and Markdown then reads them as text.
    fn mistyped(&mut self, inlines: &[Inline], at: usize) {
        let [Inline::Text(text), ..] = inlines else { return };
        let dash = |c: char| matches!(c, '\u{2012}'..='\u{2015}' | '-' | '\u{2212}') || c == ' ';
        if inlines.len() == 1 && text.chars().all(dash) {
            self.refuse(at, "this line of dashes begins no step", "write three hyphens: ---");
        }
        let quotes = text.chars().take_while(|c| "\u{2018}\u{2019}\u{b4}'".contains(*c)).count();
        let name = text.trim_start_matches(['\u{2018}', '\u{2019}', '\u{b4}', '\'']);
        let name = name.split_whitespace().next().unwrap_or("");
        if quotes == 3 && fence::NAMES.contains(&name) {
            let message = format!("the block `{name}` does not begin with three backticks");
            self.refuse(at, message, "write ``` at the beginning and at the end");
        }
    }

    fn end_heading(&mut self, at: usize) {
        let inlines = self.take_inlines();
        let setext = self.text.get(self.start + at..).is_some_and(|rest| !rest.trim_start().starts_with('#'));
        let values = inlines.iter().any(|inline| inline.text().is_err());
        let draft = self.draft.as_ref();
        let (late, second) = draft.map_or((false, false), |draft| (!draft.blocks.is_empty(), draft.title.is_some()));
        if setext {
            self.refuse(at, "text directly above `---` or `===` becomes a heading", "leave an empty line above `---`");
        } else if values {
            self.refuse(at, "a heading cannot show a value", "write {{…}} in the text below it");
        } else if second {
            self.refuse(at, "a step has one heading", "begin a new step with `---`, or use **strong** text");
        } else if late {
            self.refuse(at, "a step's heading stands above its text", "begin a new step with `---`");
        } else if let Some(draft) = &mut self.draft {
            let title: String = inlines.iter().filter_map(|inline| inline.text().ok()).collect();
            draft.title = Some(title).filter(|title| !title.is_empty());
        }
    }

    fn end_fence(&mut self, fence: Fence, range: Range<usize>) {
        let block = self.text.get(self.start + range.start..self.start + range.end).unwrap_or("").trim_end();
        let last = block.lines().skip(1).last().unwrap_or("").trim();
        if last.len() < 3 || !(last.bytes().all(|b| b == b'`') || last.bytes().all(|b| b == b'~')) {
            self.refuse(range.start, "this block is never closed", "end it with a line of ```");
            return;
        }
        let name = fence.info.split_whitespace().next().unwrap_or("");
        if !fence::NAMES.contains(&name) {
            if let Some(help) = did_you_mean(name, fence::NAMES).filter(|_| !name.is_empty()) {
                self.refuse(range.start, format!("unknown block `{name}`"), &help);
            }
            if let Some((offset, quote)) = toml_at::first_curly_quote(&fence.content) {
                let at = fence.range.as_ref().map_or(range.start, |content| content.start + offset);
                let message = format!("the curly quote {quote} stands in a block of code");
                self.refuse(at, message, "write a straight quote: nobody can type or copy the code as it stands");
            }
            let code = visible(&fence.content.replace('\t', "    "));
            self.push(Block::Code(code.trim_end_matches('\n').to_owned()), range.start);
            return;
        }
        let opening = self.text[self.start + range.start..].find('\n').map_or(range.end, |at| range.start + at + 1);
        let content = fence.range.unwrap_or(opening..opening);
        let content = self.start + content.start..self.start + content.end;
        let line = self.source.line(self.start + range.start);
        let Some(draft) = &mut self.draft else { return };
        let (filled, found) = fence::read(name, self.source, self.text, content, line, draft);
        if filled {
            self.refuse(range.start, format!("a second `{name}` in one step"), "begin a new step with `---`");
        }
        let room = MAX_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(found.into_iter().take(room));
    }

    /// The step being read; it begins at the first thing that is seen of it.
    fn draft(&mut self, at: usize) {
        if self.draft.is_none() {
            self.draft = Some(Step { line: self.source.line(self.start + at), ..Step::default() });
        }
    }

    fn push(&mut self, block: Block, at: usize) {
        self.draft(at);
        if let Some(draft) = &mut self.draft {
            draft.blocks.push(block);
        }
    }

    fn end_step(&mut self, at: usize) {
        match self.draft.take() {
            Some(step) => self.steps.push(step),
            None if self.problems.is_empty() => {
                self.refuse(at, "this step is empty", "remove one `---`, or write a text");
            }
            None => {}
        }
    }

    fn take_inlines(&mut self) -> Vec<Inline> {
        let (inlines, mistakes) = self.inlines.take();
        for (at, message, help) in mistakes {
            self.tell_at(at, message, help);
        }
        inlines
    }

    fn refuse(&mut self, at: usize, message: impl AsRef<str>, help: &str) {
        self.tell_at(at, message, Some(help.to_owned()));
    }

    /// Adds a problem unless enough are told: placing one takes time, and a hostile file can have 100,000.
    fn tell_at(&mut self, at: usize, message: impl AsRef<str>, help: Option<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            let at = self.fixed.unwrap_or(self.start + at);
            self.problems.push(self.source.problem(at, message).with_help(help));
        }
    }
}
