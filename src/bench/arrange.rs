//! The same pieces in other arrangements: how far `[CLS]` turns, and how far any vector moves.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::words::capitalised;
use super::{card, frame, in_way, label_of, measured, said};
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::Request;
use crate::lab::arrange::{ArrangeData, Arrangement, Change};
use crate::lab::way::Way;
use crate::lesson::Format;
use crate::lesson::notebook::ROUNDING;
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::text::{pad, put, width};
use crate::view::widgets::wrap::in_lines;

pub(super) const ROW: ViewRow = ViewRow {
    about: "the same pieces in other arrangements: shuffled, [CLS] last, without positions",
    measures: &["carried", "shuffled", "cls-at-end", "no-positions"],
    settings: &["sentence", "measure", "layer"],
    families: &[values::families::ARRANGE],
    keys: &[Scope::Move, Scope::Layers],
    wants: |state| vec![Request::Arrange(state.sentence())],
    ways: |_| &Way::ALL,
    prepares: |state| Some(Request::Arrange(state.sentence())),
    ..ViewRow::of(View::Arrange, "arrange", Draw::Alone(draw), words)
};

/// Rows below which curves begin right below the bars.
const CURVES: u16 = 6;

/// Powers of ten at the ends of the bars: less than rounding, and more than any number of a vector changes.
const LEAST: f32 = -7.0;
const MOST: f32 = 1.0;

/// What was done, in words.
fn name(change: Change) -> &'static str {
    match change {
        Change::Carried => "words shuffled with their positions",
        Change::Shuffled => "words shuffled, positions counted anew",
        Change::ClsAtEnd => "[CLS] moved to the end",
        Change::NoPositions => "no positions at all",
    }
}

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.arranged(state.way()) else {
        return card(&["The model runs on four arrangements."], theme, area, buf);
    };
    let at = state.cursor.variant.min(data.arrangements.len().saturating_sub(1));
    let Some(shown) = data.arrangements.get(at) else { return };
    let layer = state.cursor.layer.min(shown.cls_cosine.len().saturating_sub(1));
    let number = |values: &[f32]| values.get(layer).copied().unwrap_or(f32::NAN);
    let under = format!(
        "layer {layer}: cosine of [CLS] {:.6}, largest change of any number {}",
        number(&shown.cls_cosine),
        values::write(f64::from(number(&shown.largest)), Format::Auto)
    );
    let foot = [
        said(under, theme.value()),
        measured("same weights; every piece is compared with itself, wherever it now stands", theme),
    ];
    let body = frame(
        &format!("{}{}", name(shown.change), in_way(state)),
        &format!("layer {layer} [ ]   v change"),
        &foot,
        theme,
        area,
        buf,
    );
    // Beside the one shown stand those that a lesson shows first: the others it asks about before it shows them.
    let beside: Vec<&Arrangement> = data
        .arrangements
        .iter()
        .filter(|one| one.change == shown.change || place(one.change) < place(shown.change).min(SHOWN_FIRST))
        .collect();
    // An empty line, the heading, and a bar each; and as much for the cosines as numbers.
    let high = beside.len() as u16 + 2;
    let y = lines(&orders(data, shown, body, 2 * high, theme), body, buf);
    let rest = Rect { y, height: body.bottom().saturating_sub(y), ..body };
    let bars = rest.height >= high;
    let plot = if bars { Rect { y: rest.y + high, height: rest.height - high, ..rest } } else { rest };
    if bars {
        largest(&beside, shown.change, layer, theme, Rect { y: rest.y + 1, height: high - 1, ..rest }, buf);
    }
    // Where there is little room the arrangement shown stands alone, as numbers.
    let curves = if bars { &beside[..] } else { std::slice::from_ref(&shown) };
    let inset = u16::from(plot.height > CURVES);
    cosines(curves, shown.change, theme, Rect { y: plot.y + inset, height: plot.height - inset, ..plot }, buf);
}

/// What an arrangement is called beside its bar and its curve.
fn short(change: Change) -> &'static str {
    ["with positions", "shuffled", "[CLS] last", "no positions"][place(change)]
}

fn role(one: &Arrangement, shown: Change) -> Role {
    if one.change == shown { Role::Cls } else { Role::Dim }
}

/// The largest change of any number as bars: rounding and a change of the vectors are a million times apart, so each step to
/// the right is ten times as much.
fn largest(all: &[&Arrangement], shown: Change, layer: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let number = |one: &Arrangement| one.largest.get(layer).copied().unwrap_or(f32::NAN);
    let heads = [
        format!("largest change, layer {layer}; each eighth is ten times more; left of the line: rounding"),
        format!("largest change, layer {layer} (log scale); left of the line: rounding"),
        "largest change (log scale); left of the line: rounding".to_owned(),
        format!("largest change, layer {layer} (log scale)"),
    ];
    let head = heads.iter().find(|head| head.len() <= usize::from(area.width)).map_or("", String::as_str);
    put(buf, area.x, area.y, area.width, head, theme.label());
    let rows: Vec<Bar> = all
        .iter()
        .map(|one| Bar {
            label: short(one.change).to_owned(),
            value: (number(one).log10() - LEAST).max(0.0),
            text: values::write(f64::from(number(one)), Format::Auto),
            role: role(one, shown),
            ..Bar::default()
        })
        .collect();
    let range = Some((0.0, MOST - LEAST));
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    bars::draw(below, buf, theme, &Bars { range, marks: &[ROUNDING.log10() as f32 - LEAST], ..Bars::new(&rows) });
}

/// How far `[CLS]` turns, layer by layer.
fn cosines(all: &[&Arrangement], shown: Change, theme: &Theme, plot: Rect, buf: &mut Buffer) {
    let points: Vec<Vec<(f32, f32)>> = all
        .iter()
        .map(|one| one.cls_cosine.iter().enumerate().map(|(layer, cosine)| (layer as f32, *cosine)).collect())
        .collect();
    let series: Vec<Series<'_>> = all
        .iter()
        .zip(&points)
        .map(|(one, points)| Series { name: short(one.change), points, intervals: &[], role: role(one, shown) })
        .collect();
    let lowest = points.iter().flatten().map(|point| point.1).fold(1f32, f32::min);
    let last = points.first().map_or(0, |points| points.len().saturating_sub(1)) as f32;
    let chart = Chart {
        title: "cosine of [CLS] with its original",
        series: &series,
        x: Some((0.0, last)),
        y: Some((lowest.min(0.9), 1.0)),
        x_label: "layer (0: embeddings)",
        reference: None,
        ..Chart::default()
    };
    chart::draw(plot, buf, theme, &chart);
}

/// How many arrangements a lesson shows before all others: the words shuffled with their positions and without.
const SHOWN_FIRST: usize = 2;

fn place(change: Change) -> usize {
    Change::ALL.iter().position(|known| *known == change).unwrap_or(0)
}

/// Lines below which the positions give way to the curve.
const POSITIONS: u16 = 13;

/// Lines of the pieces before and after where both take two, and those before have no positions.
const BOTH: u16 = 6;

/// Lines from which all positions stand below pieces that take two lines.
const TWO_LINES: u16 = 20;

/// A piece and its position, equally wide, with a space behind.
type Column = (String, String);

/// Pieces in some order above the position that each has, in at most so many pairs of lines; a piece that has none has a
/// dash. Where not all fit, the last ones do if `ends`, else the first.
fn order(
    pieces: impl Iterator<Item = (String, Option<usize>)>,
    ends: bool,
    (room, most): (usize, usize),
    theme: &Theme,
) -> Vec<[String; 2]> {
    let columns = pieces.map(|(piece, position)| {
        let position = position.map_or("-".to_owned(), |position| position.to_string());
        let cells = width(&piece).max(width(&position)) + 1;
        (pad(&piece, cells, theme.ascii), pad(&position, cells, theme.ascii))
    });
    let columns: Vec<Column> = columns.collect();
    // A sign stands where some are left out.
    let wrapped =
        |columns: &mut dyn Iterator<Item = Column>, room: usize| in_lines(columns, room, |(piece, _)| width(piece));
    let mut shown = wrapped(&mut columns.iter().cloned(), room);
    let cut = shown.len() > most;
    let sign = theme.glyphs().ellipsis;
    if cut {
        // The sign stands behind a space.
        let room = room.saturating_sub(width(sign) + 1);
        if ends {
            shown = wrapped(&mut columns.into_iter().rev(), room);
            shown.truncate(most);
            shown.iter_mut().for_each(|line| line.reverse());
            shown.reverse();
        } else {
            shown = wrapped(&mut columns.into_iter(), room);
            shown.truncate(most);
        }
    }
    let last = shown.len() - 1;
    let line = |at: usize, text: String| match cut {
        true if ends && at == 0 => format!("{sign}{text}"),
        true if !ends && at == last => format!("{text}{sign}"),
        _ => text,
    };
    let pair = |(at, columns): (usize, &Vec<Column>)| {
        let text = |part: fn(&Column) -> &str| line(at, columns.iter().map(part).collect());
        [text(|column| &column.0), text(|column| &column.1)]
    };
    shown.iter().enumerate().map(pair).collect()
}

/// The pieces before and after with their positions, in two lines each where `below` lines are left under them, and what to know
/// of a sentence that is too short to shuffle.
fn orders<'a>(data: &ArrangeData, shown: &Arrangement, area: Rect, below: u16, theme: &Theme) -> Vec<Line<'a>> {
    let piece = |index: usize| data.tokens.get(index).map(|piece| label_of(piece, theme)).unwrap_or_default();
    let row = |lead: &str, text: String, style: Style| {
        Line::from(vec![Span::styled(format!("{lead:<10}"), theme.label()), Span::styled(text, style)])
    };
    let position = |place: usize, old: usize| match shown.change {
        Change::Carried => Some(old),
        Change::Shuffled | Change::ClsAtEnd => Some(place),
        Change::NoPositions => None,
    };
    let room = (usize::from(area.width).saturating_sub(10), if area.height >= BOTH + below { 2 } else { 1 });
    // What was moved is on the screen.
    let ends = shown.change == Change::ClsAtEnd;
    let before = order((0..data.tokens.len()).map(|index| (piece(index), Some(index))), false, room, theme);
    let moved = shown.order.iter().enumerate().map(|(place, old)| (piece(*old), position(place, *old)));
    let after = order(moved, ends, room, theme);
    let mut rows = Vec::new();
    for (lead, shown) in [("before", before), ("after", after)] {
        let lines = shown.len();
        for (at, [pieces, positions]) in shown.into_iter().enumerate() {
            rows.push(row(if at == 0 { lead } else { "" }, pieces, theme.text()));
            // Those of the sentence as it is count up from 0: they give way before a piece does.
            let counted = lead == "before" && lines > 1 && area.height < TWO_LINES;
            if area.height >= POSITIONS && !counted {
                rows.push(row("position", positions, theme.dim()));
            }
        }
    }
    let unmoved = shown.order.iter().enumerate().all(|(place, old)| place == *old);
    if unmoved && matches!(shown.change, Change::Carried | Change::Shuffled) {
        rows.push(said("This sentence is too short to shuffle: type a longer one with e.", theme.value()));
    }
    rows
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.arranged(state.way())?;
    let mut said = vec![format!("The same pieces in other arrangements, after the last layer{}:", in_way(state))];
    for arrangement in &data.arrangements {
        said.push(format!(
            "{}: cosine of [CLS] with its original {:.4}, largest change of any number {}.",
            capitalised(name(arrangement.change)),
            arrangement.cls_cosine.last()?,
            values::write(f64::from(*arrangement.largest.last()?), Format::Auto)
        ));
    }
    Some(said)
}
