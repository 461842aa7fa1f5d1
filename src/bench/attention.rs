//! One row of one head (the neuron view): what a position asks, who answers, and what it is handed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{NAMED, ROWS, largest, number, piece, sentence};
use super::{chosen, frame, hidden, labels, measured, norm, role, said};
use crate::app::keymap::Scope;
use crate::app::pieces::{self, place_of};
use crate::app::{Action, State};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::lab::head::Head;
use crate::view::theme::Theme;
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::strip::{self, LEGEND, Strip};
use crate::view::widgets::text::{fit, pad_start, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "one row of one head: query, keys, weights and values",
    measures: &["weights", "product", "values"],
    settings: &["sentence", "measure", "layer", "head"],
    keys: &[Scope::Move, Scope::Layers, Scope::Heads],
    lowest_layer: 1,
    hides: |_| true,
    moves,
    ..ViewRow::of(View::Attention, "attention", Draw::Traced(draw), words)
};

/// A row of a head, and where the cursor is in it.
struct Row<'a> {
    head: Head<'a>,
    trace: &'a TraceData,
    names: &'a [String],
    /// Who asks.
    query: usize,
    /// Who is looked at.
    key: usize,
    /// The keys that are shown.
    shown: &'a [usize],
}

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (layer, number) = chosen(state, trace);
    let Some(head) = Head::of(trace, layer, number) else { return };
    let names = labels(trace, theme);
    let shown = state.shown();
    let last = names.len().saturating_sub(1);
    let row = Row {
        head,
        trace,
        names: &names,
        query: state.cursor.row.min(last),
        key: state.cursor.token.min(last),
        shown: &shown,
    };
    let right = format!("layer {layer} [ ]  head {} {{ }}  v", number + 1);
    match state.cursor.variant {
        1 => product(&row, &right, theme, area, buf),
        2 => values(&row, state, &right, theme, area, buf),
        _ => weights(&row, state, &right, theme, area, buf),
    }
}

impl Row<'_> {
    fn asks(&self) -> &str {
        &self.names[self.query]
    }

    fn offers(&self) -> &str {
        &self.names[self.key]
    }

    /// "3 of 7", because a long sentence scrolls.
    fn place(&self) -> String {
        format!("{} of {}", self.key + 1, self.names.len())
    }

    fn bars(&self, value: &dyn Fn(usize) -> f32, text: &dyn Fn(usize) -> String) -> Vec<Bar> {
        let bar = |key: &usize| Bar {
            label: fit(&self.names[*key], 12, false),
            value: value(*key),
            text: text(*key),
            role: role(&self.trace.pieces[*key]),
            ..Bar::default()
        };
        self.shown.iter().map(bar).collect()
    }

    fn draw_bars(&self, rows: &[Bar], heading: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let wide = rows.first().map_or(0, |row| row.text.chars().count());
        put(buf, area.right().saturating_sub(wide as u16), area.y, wide as u16, heading, theme.label());
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let cursor = Some(place_of(self.shown, self.key));
        bars::draw(list, buf, theme, &Bars { cursor, fold: true, ..Bars::new(rows) });
    }

    /// "√32", or "sqrt32" in ASCII.
    fn root(&self, theme: &Theme) -> String {
        format!("{}{}", theme.glyphs().sqrt, self.head.size())
    }
}

/// "q·k", or "q.k" in ASCII.
fn qk(theme: &Theme) -> &'static str {
    if theme.ascii { "q.k" } else { "q·k" }
}

/// q·k, / √d, softmax.
fn weights(row: &Row<'_>, state: &State, right: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (head, dot, qk) = (&row.head, theme.glyphs().dot, qk(theme));
    let root = row.root(theme);
    let under = format!(
        "{} -> {}: {qk} {:.2} {dot} / {root} {:.2} {dot} softmax {:.3} {dot} {}",
        row.offers(),
        row.asks(),
        head.dot(row.query, row.key),
        head.score(row.query, row.key),
        head.weight(row.query, row.key),
        row.place()
    );
    let spread = format!(
        "the weights add to 1 {dot} entropy {:.2} nats, even weights {:.2}",
        head.entropy(row.query),
        (head.positions() as f32).ln()
    );
    let mut foot = vec![said(under, theme.value()), said(spread, theme.text())];
    foot.extend(hidden(state, row.trace, head.weights(row.query), theme));
    foot.push(measured(&format!("softmax(Q K^T / {root}), row of {} {dot} h l rows", row.asks()), theme));
    let caption = format!("what {} asks, and who answers", row.asks());
    let body = frame(&caption, right, &foot, theme, area, buf);
    let text = |key: usize| {
        format!(
            " {:>8.2} {:>8.2} {:>8.3}",
            head.dot(row.query, key),
            head.score(row.query, key),
            head.weight(row.query, key)
        )
    };
    let rows = row.bars(&|key| head.weight(row.query, key), &text);
    let title = format!(" {:>8} {:>8} {:>8}", format!("{qk}"), format!("/ {root}"), "softmax");
    row.draw_bars(&rows, &title, theme, body, buf);
}

/// The d products that q·k is the sum of, for the piece under the cursor.
fn product(row: &Row<'_>, right: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (head, dot, qk) = (&row.head, theme.glyphs().dot, qk(theme));
    let products = head.products(row.query, row.key);
    let sum = head.dot(row.query, row.key);
    let figures = format!(
        "{} -> {}: all {} products add to {qk} {sum:.2} {dot} {}",
        row.offers(),
        row.asks(),
        head.size(),
        row.place()
    );
    let foot = [
        said(figures, theme.value()),
        LEGEND.legend_between("negative", "positive; large numbers are cut", theme),
        said("strips: a cell a dimension, a scale each; below: largest first", theme.text()),
        measured("q of the row (h l), k of the piece (j k)", theme),
    ];
    let caption = format!("{qk} by dimension: {} asks {}", row.asks(), row.offers());
    let body = frame(&caption, right, &foot, theme, area, buf);
    let times = format!("q {} k", theme.glyphs().times);
    let lengths = [norm(head.query(row.query)), norm(head.key(row.key)), sum];
    let notes = [format!("length {:.2}", lengths[0]), format!("length {:.2}", lengths[1]), format!("sum {sum:.2}")];
    let strips = [("q", head.query(row.query)), ("k", head.key(row.key)), (times.as_str(), &products)];
    for (line, ((label, values), note)) in strips.into_iter().zip(&notes).enumerate() {
        let strip = Strip { label, label_width: 6, values, note, note_width: 13, ..Strip::default() };
        strip::draw(Rect { y: body.y + line as u16, height: 1, ..body }.intersection(body), buf, theme, &strip);
    }
    let table = Rect { y: body.y + 4, height: body.height.saturating_sub(4), ..body };
    draw_largest(row, &products, theme, table, buf);
}

/// The largest products with their factors, and what they add up to so far.
fn draw_largest(row: &Row<'_>, products: &[f32], theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let (q, k) = (row.head.query(row.query), row.head.key(row.key));
    let mut order: Vec<usize> = (0..products.len()).collect();
    order.sort_by(|a, b| products[*b].abs().total_cmp(&products[*a].abs()));
    let times = format!("q {} k", theme.glyphs().times);
    let title = format!("{:>9} {:>9} {:>9} {:>9} {:>9}", "dimension", "q", "k", times, "sum");
    put(buf, area.x, area.y, area.width, &title, theme.label());
    let mut sum = 0.0;
    for (line, dimension) in order.into_iter().enumerate().take(usize::from(area.height) - 1) {
        sum += products[dimension];
        let text = format!(
            "{:>9} {:>9.3} {:>9.3} {:>9.3} {:>9.3}",
            dimension + 1,
            q[dimension],
            k[dimension],
            products[dimension],
            sum
        );
        put(buf, area.x, area.y + 1 + line as u16, area.width, &text, theme.value());
    }
}

/// What each piece hands over, and their sum.
fn values(row: &Row<'_>, state: &State, right: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (head, dot) = (&row.head, theme.glyphs().dot);
    let times = theme.glyphs().times;
    let context = head.context(row.query);
    let lengths: f32 = (0..head.positions()).map(|key| head.handed_length(row.query, key)).sum();
    let under = format!(
        "{} -> {}: weight {:.3} {times} length of v {:.2} = {:.3} {dot} {}",
        row.offers(),
        row.asks(),
        head.weight(row.query, row.key),
        norm(head.value(row.key)),
        head.handed_length(row.query, row.key),
        row.place()
    );
    let sum = format!(
        "their sum is the head's context for {}: length {:.2}; the lengths alone add to {lengths:.2}",
        row.asks(),
        norm(context)
    );
    let mut foot = vec![said(under, theme.value()), said(sum, theme.text())];
    foot.extend(hidden(state, row.trace, head.weights(row.query), theme));
    foot.push(measured("vectors that point apart cancel: a sum can be shorter than its parts", theme));
    let caption = format!("what {} is handed: weight {times} value", row.asks());
    let body = frame(&caption, right, &foot, theme, area, buf);
    let handed = head.handed(row.query, row.key);
    // One scale for both strips, so that part and sum can be compared.
    let scale = strip::usual(&[context, &handed[..]].concat());
    let label = fit(row.offers(), 9, theme.ascii);
    let strips = [(label.as_str(), &handed[..]), ("context", context)];
    for (line, (label, values)) in strips.into_iter().enumerate() {
        let note = format!("length {:.2}", norm(values));
        let strip = Strip { label, label_width: 9, values, note: &note, note_width: 12, scale: Some(scale) };
        strip::draw(Rect { y: body.y + line as u16, height: 1, ..body }.intersection(body), buf, theme, &strip);
    }
    let list = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    let text = |key: usize| {
        format!(
            " {:>8.3} {:>8.2} {:>10.3}",
            head.weight(row.query, key),
            norm(head.value(key)),
            head.handed_length(row.query, key)
        )
    };
    let rows = row.bars(&|key| head.handed_length(row.query, key), &text);
    let title = format!(" {:>8} {:>8} {:>10}", "softmax", "length", pad_start("product", 10, theme.ascii));
    row.draw_bars(&rows, &title, theme, list, buf);
}

/// One row: who asks, who answers, and why.
fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let (layer, at) = chosen(state, trace);
    let head = Head::of(trace, layer, at)?;
    let last = trace.pieces.len().checked_sub(1)?;
    let (query, key) = (state.cursor.row.min(last), state.cursor.token.min(last));
    let asks = piece(trace, query);
    let mut said = vec![format!("Layer {layer}, head {}: {asks} asks, in {}.", at + 1, sentence(trace))];
    match state.cursor.variant {
        1 => said.extend(product_in_words(&head, trace, (query, key))),
        2 => said.extend(handed(&head, trace, query)),
        _ => {
            let one = |key: usize| {
                let (dot, weight) = (head.dot(query, key), head.weight(query, key));
                format!("{} {} (q.k {})", piece(trace, key), number(weight), number(dot))
            };
            let list: Vec<String> = largest(head.weights(query)).into_iter().take(ROWS).map(one).collect();
            said.push(format!("Its weights, largest first: {}. All of them add to 1.", list.join(", ")));
            said.push(format!(
                "Entropy of the row: {} nats; even weights would have {}.",
                number(head.entropy(query)),
                number((head.positions() as f32).ln())
            ));
        }
    }
    Some(said)
}

fn product_in_words(head: &Head<'_>, trace: &TraceData, (query, key): (usize, usize)) -> Vec<String> {
    let products = head.products(query, key);
    let sizes: Vec<f32> = products.iter().map(|product| product.abs()).collect();
    let (q, k) = (head.query(query), head.key(key));
    let list: Vec<String> = largest(&sizes)
        .into_iter()
        .take(NAMED)
        .map(|at| {
            format!("dimension {}: {} times {} is {}", at + 1, number(q[at]), number(k[at]), number(products[at]))
        })
        .collect();
    vec![
        format!(
            "{} answers: {} products of query and key add to q.k {}; divided by the square root of {}, {}; after softmax, {}.",
            piece(trace, key),
            head.size(),
            number(head.dot(query, key)),
            head.size(),
            number(head.score(query, key)),
            number(head.weight(query, key))
        ),
        format!("The largest products: {}.", list.join("; ")),
    ]
}

fn handed(head: &Head<'_>, trace: &TraceData, query: usize) -> Vec<String> {
    let lengths: Vec<f32> = (0..head.positions()).map(|key| head.handed_length(query, key)).collect();
    let list: Vec<String> = largest(&lengths)
        .into_iter()
        .take(ROWS)
        .map(|key| {
            format!("{} {}, weight {}", piece(trace, key), number(lengths[key]), number(head.weight(query, key)))
        })
        .collect();
    vec![
        format!("What it is handed, weight times value, by length: {}.", list.join("; ")),
        format!(
            "The sum of these vectors has length {}; their lengths alone add to {}.",
            number(norm(head.context(query))),
            number(lengths.iter().sum())
        ),
    ]
}

/// To the side goes who asks; up and down goes what it looks at.
fn moves(state: &mut State, action: Action) -> bool {
    let aside = matches!(action, Action::Left | Action::Right);
    if aside {
        pieces::row(state, action == Action::Right);
    }
    aside
}
