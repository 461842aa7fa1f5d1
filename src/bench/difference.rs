//! Two sentences side by side with their difference: what flows into `[CLS]`, or how far the vectors are apart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::words::{NAMED, after, largest, layer_name, number, piece, sentence};
use super::{FLOWS, Flow, card, frame, in_way, label_of, label_role, measured, said};
use crate::app::bench::over_layers;
use crate::app::keymap::Scope;
use crate::app::{Action, State, pieces, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::similar::{Aligned, apart};
use crate::lab::way::{Kind, Space, Way};
use crate::lab::{Matrix, Piece, Request, TraceData};
use crate::view::theme::{Role, Theme};
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::{Scale, window};
use crate::view::widgets::text::{clean, fit, pad, pad_start, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "two sentences side by side, piece by piece, with the difference",
    measures: &["norm", "raw", "rollout", "vectors"],
    settings: &["sentence", "other", "measure", "layer"],
    needs: &["other"],
    families: &[values::families::DIFFERENCE],
    keys: &[Scope::Move, Scope::Layers],
    lowest_layer: 1,
    two_models: true,
    hides: |_| true,
    ways: |state| if state.measure() == Some("vectors") { &Way::ALL } else { &[] },
    starts,
    moves,
    wants: |state| state.other().map(Request::Trace).into_iter().chain(state.space_request()).collect(),
    ..ViewRow::of(View::Difference, "difference", Draw::Traced(draw), words)
};

/// The first pair whose pieces are not the same.
fn starts(state: &State) -> Option<(usize, usize)> {
    let (first, second) = (state.trace()?, state.other_trace()?);
    let differs = |(one, other): &Aligned| match (one, other) {
        (Some(one), Some(other)) => first.pieces.get(*one)?.text.ne(&second.pieces.get(*other)?.text).then_some(()),
        _ => Some(()),
    };
    let pair = state.aligned().iter().position(|pair| differs(pair).is_some())?;
    Some((pair, 0))
}

/// Two traces, and which pieces belong together.
struct Both<'a> {
    first: &'a TraceData,
    second: &'a TraceData,
    pairs: &'a [Aligned],
    /// The pair under the cursor.
    at: usize,
    /// Two models read one sentence, instead of one model two.
    models: bool,
}

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let models = state.shows_models();
    if state.other().is_none() && !models {
        return card(&["This bench compares two sentences, and has one."], theme, area, buf);
    }
    let Some(second) = state.other_trace() else {
        return card(&["The model runs on both sentences."], theme, area, buf);
    };
    let pairs = state.aligned();
    let at = state.cursor.offset.min(pairs.len().saturating_sub(1));
    let both = Both { first: trace, second, pairs: &pairs, at, models };
    if pairs.is_empty() {
        return;
    }
    // The last variant is the map of vectors.
    match FLOWS.get(state.cursor.variant) {
        Some(flow) => shares(&both, state, *flow, theme, area, buf),
        None if both.same_space() => match state.space() {
            Some(space) => vectors(&both, &space, state, theme, area, buf),
            None => card(&["The model reads some other sentences."], theme, area, buf),
        },
        None => {
            let [a, b] = [trace, second].map(|trace| trace.model.hidden);
            let words = format!(
                "One model's vectors have {a} numbers, the other's {b}: they cannot be compared. v: what flows into [CLS]."
            );
            card(&[&words], theme, area, buf);
        }
    }
}

impl Both<'_> {
    /// What the two are called: sentences by letters, models by numbers.
    fn signs(&self) -> [&'static str; 2] {
        if self.models { ["1", "2"] } else { ["A", "B"] }
    }

    /// "B minus A".
    fn minus(&self) -> String {
        let [a, b] = self.signs();
        format!("{b} minus {a}")
    }

    fn hides(&self) -> bool {
        self.pairs.iter().filter_map(|pair| pair.0).count() < self.first.pieces.len()
    }

    fn without(&self) -> &'static str {
        if self.hides() { ", without [CLS] and [SEP]" } else { "" }
    }

    /// Whether vectors of both have as many numbers.
    fn same_space(&self) -> bool {
        self.first.model.hidden == self.second.model.hidden
    }

    /// "not | very": a piece of each, a dot where one has none.
    fn names(&self, (a, b): Aligned, theme: &Theme) -> (String, String) {
        let name = |pieces: &[Piece], at: Option<usize>| {
            at.and_then(|at| pieces.get(at))
                .map_or(theme.glyphs().dot.to_owned(), |piece| label_of(&piece.shown, theme))
        };
        (name(&self.first.pieces, a), name(&self.second.pieces, b))
    }

    /// The look of a pair's label: that of its first piece.
    fn role(&self, (a, b): Aligned) -> Role {
        let piece = a.and_then(|at| self.first.pieces.get(at)).or_else(|| self.second.pieces.get(b?));
        piece.map_or(Role::Text, |piece| label_role(piece.kind))
    }

    /// The sentences above a table or map; returns what is left below.
    fn draw_sentences(&self, theme: &Theme, body: Rect, buf: &mut Buffer) -> Rect {
        for (index, (sign, trace)) in self.signs().into_iter().zip([self.first, self.second]).enumerate() {
            let text = match (&trace.sentence.pair, self.models) {
                (_, true) => trace.model.name.clone(),
                (Some(second), false) => format!("{} + {second}", trace.sentence.text),
                (None, false) => trace.sentence.text.clone(),
            };
            let text = clean(&format!("{sign}  {text}"), theme.ascii).into_owned();
            let y = body.y + index as u16;
            put(buf, body.x, y, body.width, &fit(&text, usize::from(body.width), theme.ascii), theme.text());
        }
        Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body }
    }
}

/// What of a layer's new `[CLS]` comes from each piece, in both sentences.
fn shares(both: &Both<'_>, state: &State, (measure, of): Flow, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (a, b) = (of(both.first), of(both.second));
    let layer = state.cursor.layer.clamp(1, a.rows.max(1));
    // Where the other model has fewer layers, its last stays beside the first's.
    let share = |matrix: &Matrix, at: Option<usize>| at.map_or(0.0, |at| matrix.at(layer.min(matrix.rows) - 1, at));
    let dot = theme.glyphs().dot;
    let [one, two] = both.signs();
    let here = both.pairs[both.at];
    let (left, right) = both.names(here, theme);
    let (mine, other) = (share(a, here.0), share(b, here.1));
    let moved: f32 = both.pairs.iter().map(|pair| (share(b, pair.1) - share(a, pair.0)).abs()).sum();
    let under = format!(
        "{one} {left} {mine:.3} {dot} {two} {right} {other:.3} {dot} {two} - {one} {:+.3} {dot} {} of {}",
        other - mine,
        both.at + 1,
        both.pairs.len()
    );
    let mut foot = vec![
        said(under, theme.value()),
        said(format!("differences without signs: {moved:.3} in all{}", cls_apart(both, layer, dot)), theme.value()),
    ];
    if a.rows != b.rows {
        let fewer = if layer > b.rows { format!(", whose layer {} stands here", b.rows) } else { String::new() };
        foot.push(said(format!("{one} has {} layers, {two} {}{fewer}", a.rows, b.rows), theme.text()));
    }
    foot.extend(said_hidden(both, theme));
    let line = if both.models {
        format!("a line: the same part of your text; {dot}: that model cuts it in another way")
    } else {
        "a line: a piece of A, what stands for it in B; apart: 1 - cosine".to_owned()
    };
    foot.push(said(line, theme.text()));
    foot.push(measured(&format!("bars: the shares; at the right, {}", both.minus()), theme));
    let caption = format!("into [CLS], {one} and {two}: {measure}{}", both.without());
    let body = frame(&caption, &format!("layer {layer} [ ]  v"), &foot, theme, area, buf);
    let body = both.draw_sentences(theme, body, buf);
    table(both, &|pair| (share(a, pair.0), share(b, pair.1)), theme, body, buf);
}

/// How far the two `[CLS]` vectors are apart after a layer, in words; nothing for two models, whose vectors have no
/// directions in common.
fn cls_apart(both: &Both<'_>, layer: usize, dot: &str) -> String {
    if both.models {
        return String::new();
    }
    let row =
        |trace: &TraceData| trace.hidden_states.get(layer).map(|states| states.row(0).to_vec()).unwrap_or_default();
    format!(" {dot} the two [CLS] apart: {:.4}", apart(&row(both.first), &row(both.second)))
}

fn said_hidden(both: &Both<'_>, theme: &Theme) -> Option<Line<'static>> {
    both.hides().then(|| said("z hid [CLS] and [SEP]; the rest is not rescaled", theme.value()))
}

/// A line a pair: piece and bar of A, piece and bar of B, the difference.
fn table(both: &Both<'_>, value: &dyn Fn(Aligned) -> (f32, f32), theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (label, number) = (11u16, 5u16);
    let bar = area.width.saturating_sub(2 + 2 * (label + number + 3) + 7) / 2;
    if area.height < 2 || bar < 2 {
        return;
    }
    let half = label + number + bar + 3;
    let [one, two] = both.signs();
    put(buf, area.x + 2, area.y, label, one, theme.label());
    put(buf, area.x + 2 + half, area.y, label, two, theme.label());
    put(buf, area.x + 2 + 2 * half, area.y, 6, &format!(" {two} - {one}"), theme.label());
    let most = both.pairs.iter().map(|pair| value(*pair)).fold(0f32, |most, (a, b)| most.max(a).max(b));
    let rows = usize::from(area.height) - 1;
    let first = window(Some(both.at), both.pairs.len(), rows);
    for (line, (index, pair)) in both.pairs.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = area.y + 1 + line as u16;
        let here = index == both.at;
        put(buf, area.x, y, 2, if here { theme.glyphs().pointer } else { " " }, theme.key());
        let (left, right) = both.names(*pair, theme);
        let (a, b) = value(*pair);
        for (side, (name, share, there)) in
            [(left, a, pair.0.is_some()), (right, b, pair.1.is_some())].into_iter().enumerate()
        {
            let x = area.x + 2 + side as u16 * half;
            let style = if here {
                theme.focus()
            } else {
                theme.style(both.role(if side == 0 { (pair.0, None) } else { (None, pair.1) }))
            };
            let text = pad(&name, usize::from(label), theme.ascii);
            put(buf, x, y, label, &text, style);
            if there {
                let x = put(buf, x + label + 1, y, number, &pad_start(&format!("{share:.3}"), 5, true), theme.value());
                let cells = (share / most.max(f32::MIN_POSITIVE) * f32::from(bar)).round() as usize;
                let [.., full] = theme.glyphs().eighths;
                put(buf, x + 1, y, bar, &full.repeat(cells), theme.text());
            }
        }
        put(buf, area.x + 2 + 2 * half, y, 6, &format!("{:+.3}", b - a), theme.value());
    }
}

/// Layers by pieces: how far the two vectors of a piece are apart.
fn vectors(both: &Both<'_>, space: &Space, state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let layers = both.first.hidden_states.len().min(both.second.hidden_states.len());
    let layer = state.cursor.layer.min(layers.saturating_sub(1));
    let mut distances = Vec::with_capacity(layers * both.pairs.len());
    for (layer, (one, two)) in both.first.hidden_states.iter().zip(&both.second.hidden_states).enumerate() {
        distances.extend(both.pairs.iter().map(|pair| match *pair {
            (Some(0), Some(0)) => 1.0 - space.cosine(Kind::Cls, layer, one.row(0), two.row(0)),
            (Some(a), Some(b)) => 1.0 - space.cosine(Kind::Pieces, layer, one.row(a), two.row(b)),
            _ => f32::NAN,
        }));
    }
    let map = Matrix::new(layers, both.pairs.len(), distances);
    let most = map.data.iter().copied().filter(|value| value.is_finite()).fold(0f32, f32::max).max(f32::MIN_POSITIVE);
    let scale = Scale::between(0.0, most);
    let here = both.pairs[both.at];
    let (left, right) = both.names(here, theme);
    let [one, two] = both.signs();
    let number = map.at(layer, both.at);
    let value = if number.is_nan() {
        if both.models { "one model has no such piece" } else { "one sentence has none" }.to_owned()
    } else {
        format!("1 - cosine {number:.4}")
    };
    let dot = theme.glyphs().dot;
    let mut foot = vec![said(
        format!("{one} {left}, {two} {right}, layer {layer}: {value} {dot} {} of {}", both.at + 1, both.pairs.len()),
        theme.value(),
    )];
    foot.extend(said_hidden(both, theme));
    foot.push(scale.legend(3, theme));
    let meaning = if both.models {
        "0 the same direction: means something where one model was tuned from the other"
    } else {
        "how far the two vectors of a piece are apart: 0 the same direction"
    };
    foot.push(said(meaning, theme.text()));
    foot.push(measured(&format!("columns: pieces, {one}/{two} where they differ; rows: layers"), theme));
    let caption = format!("how far {one} and {two} are apart{}{}", both.without(), in_way(state));
    let body = frame(&caption, &format!("layer {layer} [ ]  v"), &foot, theme, area, buf);
    let body = both.draw_sentences(theme, body, buf);
    let columns: Vec<String> = both
        .pairs
        .iter()
        .map(|pair| {
            let (left, right) = both.names(*pair, theme);
            if left == right { left } else { format!("{left}/{right}") }
        })
        .collect();
    let rows: Vec<String> = (0..layers).map(layer_name).collect();
    let value = |row: usize, column: usize| map.at(row, column);
    let roles: Vec<Role> = both.pairs.iter().map(|pair| both.role(*pair)).collect();
    let map = Heatmap {
        scale,
        cursor: Some((layer, both.at)),
        column_roles: &roles,
        ..Heatmap::new(&rows, &columns, &value)
    };
    heatmap::draw(body, buf, theme, &map);
}

fn words(state: &State) -> Option<Vec<String>> {
    let first = state.trace()?;
    let second = state.other_trace()?;
    let pairs = state.aligned();
    let name = |(a, b): Aligned| {
        let of =
            |trace: &TraceData, at: Option<usize>| at.map_or("nothing".to_owned(), |at| piece(trace, at).to_owned());
        let (a, b) = (of(first, a), of(second, b));
        if a == b { a } else { format!("{a} against {b}") }
    };
    let mut said = vec![format!("Sentence A: {}. Sentence B: {}.", sentence(first), sentence(second))];
    let (what, measure) = FLOWS.get(state.cursor.variant).copied().unwrap_or(FLOWS[0]);
    let layer = state.cursor.layer.clamp(1, measure(first).rows.max(1));
    let share = |trace: &TraceData, at: Option<usize>| at.map_or(0.0, |at| measure(trace).at(layer - 1, at));
    let moved: Vec<f32> = pairs.iter().map(|(a, b)| (share(second, *b) - share(first, *a)).abs()).collect();
    let changes: Vec<String> = largest(&moved)
        .into_iter()
        .take(NAMED)
        .map(|index| {
            let (a, b) = pairs[index];
            format!("{}: A {}, B {}", name((a, b)), number(share(first, a)), number(share(second, b)))
        })
        .collect();
    said.push(format!(
        "What flows into [CLS] in layer {layer}, {what}; the largest differences: {}.",
        changes.join("; ")
    ));
    let space = state.space()?;
    let far: Vec<String> = first
        .hidden_states
        .iter()
        .zip(&second.hidden_states)
        .enumerate()
        .map(|(layer, (a, b))| {
            format!("{} {:.4}", after(layer), 1.0 - space.cosine(Kind::Cls, layer, a.row(0), b.row(0)))
        })
        .collect();
    said.push(format!("How far the two [CLS] vectors are apart, 1 minus cosine{}: {}.", in_way(state), far.join("; ")));
    Some(said)
}

/// Over pairs of pieces; where states are compared, up and down go over layers.
fn moves(state: &mut State, action: Action) -> bool {
    match action {
        Action::Up | Action::Down if state.measure() == Some("vectors") => return over_layers(state, action),
        Action::Left | Action::Right | Action::Up | Action::Down => {
            pieces::pair(state, matches!(action, Action::Right | Action::Down));
        }
        _ => return false,
    }
    true
}
