//! What is recorded of the lanes that a race would run.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{differences, whole};
use crate::app::{State, values};
use crate::bench::words::recorded;
use crate::lab::{Margin, Mode, RaceRequest, verdict};
use crate::lesson::Source;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks;
use crate::view::widgets::text::{fit, put};

/// Records of races, by the most training sentences of a race that is nearest to them.
const BY_SIZE: [(usize, &str); 2] = [(1_000, "small"), (3_500, "positions")];

/// The record of the two readouts that the course is about, on all sentences.
const FULL: &str = "full";

/// A record of such a race, and its lanes that this one would run.
pub(super) struct Recorded {
    file: &'static str,
    tuned: bool,
    rows: Vec<Bar>,
    /// What the others differ by from `[CLS]`.
    differences: Vec<Bar>,
}

impl Recorded {
    /// What is recorded, if two lanes or more are; nothing of another model, other sentences or another layer.
    pub(super) fn of(state: &State, request: &RaceRequest, theme: &Theme) -> Option<Self> {
        let ([mode], [layer]) = (&request.modes[..], &request.layers[..]) else { return None };
        if state.holds_back() {
            return None;
        }
        let tuned = *mode == Mode::Finetune;
        // What a later step asks about is not told here.
        let readouts: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
        let readouts: Vec<&String> = readouts.iter().filter(|readout| !state.asks_later(readout, tuned)).collect();
        let size = request.train.unwrap_or(usize::MAX);
        let all = if tuned { FULL } else { "frozen" };
        let near = BY_SIZE.iter().find(|(most, _)| size <= *most).map_or(FULL, |(_, file)| *file);
        let at = if tuned { "finetune".to_owned() } else { layer.to_string() };
        let mark = blocks::mark(Source::Record, theme);
        let row = |file: &str, readout: &str| {
            // Counting words has no layer.
            let of = |what: &str| {
                recorded(state, &format!("{file}.{readout}.{at}.{what}"))
                    .or_else(|| recorded(state, &format!("{file}.{readout}.{what}")))
            };
            let (value, low, high) = (of("accuracy")?, of("low")?, of("high")?);
            Some(Bar {
                label: verdict::name(readout),
                value: value as f32,
                text: format!("{value:.3}  {low:.3}-{high:.3}{mark}"),
                role: Role::Dim,
                interval: Some((low as f32, high as f32)),
                ..Bar::default()
            })
        };
        let difference = |file: &str, readout: &str| {
            let of = |what: &str| {
                recorded(state, &format!("{file}.cls-{readout}.{at}.{what}"))
                    .or_else(|| recorded(state, &format!("{file}.cls-{readout}.{what}")))
            };
            let seeds: Vec<f64> = (0..).map_while(|seed| of(&format!("seed-{seed}"))).collect();
            let ends = [of("difference")?, of("low")?, of("high")?];
            let row = differences::row(["cls", readout], ends, &seeds, format!("{:+.1}{mark}", 100.0 * ends[0]));
            Some(Bar { role: Role::Dim, ..row })
        };
        // Layers below the last are in the record of all sentences alone.
        [near, FULL, all]
            .into_iter()
            .filter(|file| request.against.is_none() && !values::is_foreign(state, file))
            .find_map(|file| {
                let rows: Vec<Bar> = readouts.iter().filter_map(|readout| row(file, readout)).collect();
                // Of the few frozen lanes there only where it has all that are asked for: the lessons quote them from it.
                if file == FULL && !tuned && rows.len() < readouts.len() {
                    return None;
                }
                let differences = readouts.iter().filter_map(|other| difference(file, other));
                (rows.len() > 1).then(|| Self { file, tuned, rows, differences: differences.collect() })
            })
    }

    /// Lines that it takes: a title, the lanes, their axis, and an empty one.
    pub(super) fn height(&self) -> u16 {
        self.rows.len() as u16 + 3
    }

    /// Lines that the differences take below, with an empty one; none where there are none.
    pub(super) fn more(&self) -> u16 {
        if self.differences.is_empty() { 0 } else { differences::height(self.differences.len()) + 1 }
    }
}

/// Draws them: faint, for the learner's own run is still to come.
pub(super) fn draw(known: &Recorded, state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let count = |key: &str| recorded(state, &format!("{}.{key}", known.file)).map_or(0, |number| number as usize);
    // A frozen lane has no seed, and a lesson's small race may let fewer layers learn than its record.
    let how = match (known.tuned, count("top_layers")) {
        (false, _) => String::new(),
        (true, 0) => format!(", all layers, {} seeds", count("seeds")),
        (true, layers) => format!(", upper {layers} layers, {} seeds", count("seeds")),
    };
    let said = format!("Recorded, share right: {} sentences{how}", whole(count("train")));
    put(buf, area.x, area.y, area.width, &fit(&said, usize::from(area.width), theme.ascii), theme.label());
    let plot = Rect { y: area.y + 1, height: known.height() - 2, ..area };
    bars::draw(plot.intersection(area), buf, theme, &Bars { axis: true, ..Bars::new(&known.rows) });
    if area.height >= known.height() + known.more() && known.more() > 0 {
        let below = Rect { y: area.y + known.height(), height: known.more() - 1, ..area };
        differences::draw(&known.differences, Margin::default(), theme, below, buf);
    }
}
