//! What each piece adds to a head's answer, beside where `[CLS]` looks: four columns that need not agree.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::words::{piece, sentence, unfitted as unfitted_words};
use super::{card, frame, labels, measured, role, said, token, without};
use crate::app::pieces::place_of;
use crate::app::values::attribution::agreement;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::attribution::{AttributionData, STEPS};
use crate::lab::{Request, TraceData};
use crate::view::theme::Theme;
use crate::view::widgets::scale::scrolled;
use crate::view::widgets::text::{clean, fit, pad, pad_start, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "what each piece adds to a classifier's answer, beside attention",
    settings: &["sentence"],
    families: &[values::families::ATTRIBUTION],
    run_name: "the fitting of two classifiers",
    looks_into: &["cls"],
    hides: |_| true,
    starts,
    wants,
    race: State::heads_request,
    reads_the_course: State::heads_learnt_from_the_course,
    ..ViewRow::of(View::Attribution, "attribution", Draw::Traced(draw), words)
};

/// Headings, and whether the numbers have signs.
const COLUMNS: [(&str, bool); 4] =
    [("grad x input", true), ("integrated", true), ("attention", false), ("rollout", false)];

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.attribution() else {
        return card(&["The answer is followed back to the pieces."], theme, area, buf);
    };
    let Some(last) = trace.mixing.raw.rows.checked_sub(1) else { return };
    let columns: [&[f32]; 4] =
        [&data.gradient, &data.integrated, trace.mixing.raw.row(last), trace.mixing.rollout.row(last)];
    let names = labels(trace, theme);
    let at = token(state, trace);
    let foot = foot(state, trace, data, columns.map(|column| column.get(at).copied().unwrap_or(f32::NAN)), theme);
    let caption = format!("what each piece adds to the answer{}", without(state, trace));
    let right = format!("logit {:+.2}", data.logit);
    let body = frame(&caption, &right, &foot, theme, area, buf);
    table(state, trace, &names, &columns, theme, body, buf);
}

fn foot(
    state: &State,
    trace: &TraceData,
    data: &AttributionData,
    numbers: [f32; 4],
    theme: &Theme,
) -> Vec<Line<'static>> {
    let dot = theme.glyphs().dot;
    let [gradient, integrated, raw, rollout] = numbers;
    let at = token(state, trace);
    let correlation =
        |value: Option<f32>| value.map_or_else(|| "too few words".to_owned(), |value| format!("{value:+.2}"));
    let (with_raw, with_rollout) = agreement(trace, data);
    vec![
        said(
            format!(
                "{}, {} of {}: grad {gradient:+.3} {dot} integrated {integrated:+.3} {dot} attn {raw:.3} {dot} roll {rollout:.3}",
                labels(trace, theme)[at],
                at + 1,
                trace.pieces.len()
            ),
            theme.value(),
        ),
        said(
            format!(
                "integrated: {:+.3} = logit {:+.3} less {:+.3} {}; gap {:+.3}",
                data.integrated.iter().sum::<f32>(),
                data.logit,
                data.baseline,
                clean(&data.compared(), theme.ascii),
                data.gap()
            ),
            theme.value(),
        ),
        said(
            format!(
                "integrated, rank correlation over words: attention {}, rollout {}",
                correlation(with_raw),
                correlation(with_rollout)
            ),
            theme.value(),
        ),
        signs(trace, theme),
        measured(&format!("{} on [CLS], {STEPS} steps; bars: a scale a column", head(trace)), theme),
    ]
}

/// The head whose answer is followed back.
fn head(trace: &TraceData) -> &'static str {
    match trace.labels.iter().find(|label| label.readout == "cls") {
        Some(label) if label.here => "the classifier fitted here",
        _ => "recorded classifier",
    }
}

/// What a bar's colour and cells say.
fn signs(trace: &TraceData, theme: &Theme) -> Line<'static> {
    let [below, above] = trace.labels.first().map_or(["-", "+"], |label| label.classes.each_ref().map(String::as_str));
    let own = |text: String| clean(&text, theme.ascii).into_owned();
    let [.., full] = theme.glyphs().eighths;
    Line::from(vec![
        Span::styled(format!("+{full}"), theme.sign(1.0)),
        Span::styled(own(format!(" towards {above}, ")), theme.text()),
        Span::styled(format!("-{}", theme.glyphs().negative), theme.sign(-1.0)),
        Span::styled(own(format!(" towards {below}; attention has no sign")), theme.text()),
    ])
}

/// Four columns of numbers and bars, a line a piece.
fn table(
    state: &State,
    trace: &TraceData,
    names: &[String],
    columns: &[&[f32]; 4],
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let shown = state.shown();
    let label = 12.min(area.width / 5);
    let each = area.width.saturating_sub(label + 3) / 4;
    if area.height < 2 || each < 8 {
        return;
    }
    let x_of = |column: usize| area.x + label + 3 + column as u16 * each;
    for (column, (heading, _)) in COLUMNS.into_iter().enumerate() {
        put(buf, x_of(column), area.y, each, &fit(heading, usize::from(each) - 1, theme.ascii), theme.label());
    }
    // [CLS] has so much of the attention that beside it the words would be alike: its bar may be full.
    let most = columns.map(|column| {
        let from = |first: usize| {
            let of = shown.iter().filter(|index| **index >= first);
            of.map(|index| column[*index].abs()).fold(0f32, f32::max)
        };
        let others = from(1);
        if others > 0.0 { others } else { from(0) }
    });
    let place = place_of(&shown, token(state, trace));
    let (visible, rest) = scrolled(place, shown.len(), usize::from(area.height) - 1, theme);
    if let Some(text) = rest {
        put(buf, area.x + 2, area.bottom() - 1, area.width, &text, theme.label());
    }
    for (line, row) in visible.enumerate() {
        let index = &shown[row];
        let y = area.y + 1 + line as u16;
        let here = row == place;
        put(buf, area.x, y, 2, if here { theme.glyphs().pointer } else { " " }, theme.key());
        let style = if here { theme.focus() } else { theme.style(role(&trace.pieces[*index])) };
        let name = pad(&names[*index], usize::from(label), theme.ascii);
        put(buf, area.x + 2, y, label, &name, style);
        for (column, (_, signed)) in COLUMNS.into_iter().enumerate() {
            let value = columns[column][*index];
            let text = if signed { format!("{value:+.2}") } else { format!("{value:.2}") };
            let x = put(buf, x_of(column), y, 6, &pad_start(&text, 5, true), theme.value()) + 1;
            let share = value / most[column].max(f32::MIN_POSITIVE);
            let room = each - 8;
            if signed {
                signed_bar(share, Rect { x, y, width: room, height: 1 }, theme, buf);
            } else {
                put(buf, x, y, room, &bar(share, usize::from(room), theme), theme.text());
            }
        }
    }
}

/// A bar from the middle of `area`: to the right above zero, to the left and in other cells below.
fn signed_bar(share: f32, area: Rect, theme: &Theme, buf: &mut Buffer) {
    let half = area.width / 2;
    let zero = area.x + half;
    put(buf, zero, area.y, 1, theme.glyphs().faint[0], theme.dim());
    if share > 0.0 {
        let room = (area.width - half).saturating_sub(1);
        put(buf, zero + 1, area.y, room, &bar(share, usize::from(room), theme), theme.sign(1.0));
    } else if share < 0.0 {
        let cells = (-share.max(-1.0) * f32::from(half)).round() as u16;
        put(buf, zero - cells, area.y, cells, &theme.glyphs().negative.repeat(usize::from(cells)), theme.sign(-1.0));
    }
}

/// A bar of at most `width` cells for a share of the longest.
fn bar(share: f32, width: usize, theme: &Theme) -> String {
    let eighths = (share.clamp(0.0, 1.0) * width as f32 * 8.0).round() as usize;
    let eighths = if theme.ascii { (eighths + 4) / 8 * 8 } else { eighths };
    let [.., full] = theme.glyphs().eighths;
    let rest = (eighths % 8).checked_sub(1).map_or("", |part| theme.glyphs().eighths[part]);
    full.repeat(eighths / 8) + rest
}

/// Pieces that are told one by one.
const PIECES: usize = 24;

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    if state.lacks_heads() {
        return Some(unfitted_words(state));
    }
    let data = state.attribution()?;
    let head = trace.labels.iter().find(|label| label.readout == "cls")?;
    let last = trace.mixing.raw.rows.checked_sub(1)?;
    let (raw, rollout) = (trace.mixing.raw.row(last), trace.mixing.rollout.row(last));
    let mut said = vec![format!(
        "What each piece adds to the answer of the {} classifier on [CLS], for {}; plus speaks for {}. Integrated gradients in {STEPS} steps; in brackets gradient times input, then raw attention and rollout of the last layer:",
        head.origin(),
        sentence(trace),
        head.classes[1]
    )];
    let count = data.integrated.len().min(data.gradient.len()).min(raw.len()).min(rollout.len());
    let one = |at: usize| {
        format!(
            "{} {:+.3} ({:+.3}; {:.3}, {:.3})",
            piece(trace, at),
            data.integrated[at],
            data.gradient[at],
            raw[at],
            rollout[at]
        )
    };
    let list: Vec<String> = (0..count.min(PIECES)).map(one).collect();
    said.push(format!("{}.", list.join(", ")));
    if count > PIECES {
        said.push(format!("{} more pieces are left out here.", count - PIECES));
    }
    said.push(format!(
        "They add to {:+.3}: the logit {:+.3} less {:+.3} {}; unexplained {:+.3}.",
        data.integrated.iter().sum::<f32>(),
        data.logit,
        data.baseline,
        data.compared(),
        data.gap()
    ));
    let (with_raw, with_rollout) = agreement(trace, data);
    let said_of =
        |value: Option<f32>| value.map_or_else(|| "too few words to tell".to_owned(), |value| format!("{value:+.2}"));
    said.push(format!(
        "Rank correlation over words of their sizes with raw attention: {}; with rollout: {}.",
        said_of(with_raw),
        said_of(with_rollout)
    ));
    Some(said)
}

/// The word that has most of the rollout in the last layer: the lesson asks whether gradients choose it, too.
fn starts(state: &State) -> Option<(usize, usize)> {
    let trace = state.trace()?;
    let rollout = trace.mixing.rollout.row(trace.mixing.rollout.rows.checked_sub(1)?);
    let words = (0..rollout.len()).filter(|index| !trace.pieces[*index].special());
    words.max_by(|a, b| rollout[*a].total_cmp(&rollout[*b])).map(|token| (0, token))
}

fn wants(state: &State) -> Vec<Request> {
    if state.lacks_heads() { Vec::new() } else { vec![Request::Attribution(state.sentence())] }
}
