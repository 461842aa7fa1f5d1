//! What a run is likely to show, before it is run: curves by layer that were recorded, marked so, and what Enter does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::race::{role, whole};
use super::words::recorded;
use super::{frame, halves, said};
use crate::app::{State, values};
use crate::lab::dataset::MOVIES;
use crate::lab::verdict;
use crate::lesson::Source;
use crate::view::theme::Theme;
use crate::view::widgets::blocks;
use crate::view::widgets::chart::{self, Chart, Series};

/// Curves of one record.
pub(super) struct RecordedCurves<'a> {
    /// The record's name.
    pub file: &'a str,
    /// What is drawn, and the ends of its interval, as the record's values are called; the ends may be absent.
    pub what: [&'a str; 3],
    /// Said above the plot: what y is.
    pub title: &'a str,
    /// The readouts, by name.
    pub readouts: &'a [String],
    /// The value of a level line, and what it is called.
    pub level: Option<(&'a str, &'a str)>,
    /// Training sentences that the run would have; `None`: all.
    pub train: Option<usize>,
    /// What Enter does: the words before that count, and behind it.
    pub enter: [&'a str; 2],
}

/// Points and intervals of a readout, by layer.
type Curve = (Vec<(f32, f32)>, Vec<(f32, f32)>);

impl RecordedCurves<'_> {
    /// Draws the curves, and below them what Enter does; `false` where there is no record of this model on these sentences, or
    /// no room for a curve.
    pub fn draw(&self, state: &State, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
        self.draw_beside(None, state, caption, theme, area, buf)
    }

    /// The same with curves of another measure beside or below them, where there is room for both.
    pub fn draw_beside(
        &self,
        other: Option<&Self>,
        state: &State,
        caption: &str,
        theme: &Theme,
        area: Rect,
        buf: &mut Buffer,
    ) -> bool {
        if state.holds_back() || self.curves(state).is_empty() || area.height < LEAST {
            return false;
        }
        let number = |key: &str| recorded(state, &format!("{}.{key}", self.file));
        let counted = |key: &str| number(key).map_or(String::new(), |count| whole(count as usize));
        let mark = blocks::mark(Source::Record, theme);
        let train = whole(self.train.map_or(state.data[1], |most| most.min(state.data[1])));
        let [before, behind] = self.enter;
        let foot = [
            said(format!("Enter {before} {train} {behind}.{}", state.about()), theme.value()),
            said(
                format!(
                    "{mark} recorded, {} training, {} test sentences{}",
                    counted("train"),
                    counted("test"),
                    if self.what[1].is_empty() { "" } else { "; upright: 95 % intervals" }
                ),
                theme.text(),
            ),
        ];
        let body = frame(caption, "", &foot, theme, area, buf);
        let (first, second) = halves(body);
        match (other, second) {
            (Some(other), Some(second)) => {
                self.plot(state, theme, first, buf);
                other.plot(state, theme, second, buf);
            }
            _ => self.plot(state, theme, body, buf),
        }
        true
    }

    /// The curves alone.
    fn plot(&self, state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let curves = self.curves(state);
        let names: Vec<String> = curves.iter().map(|(name, _)| verdict::name(name)).collect();
        let series: Vec<Series<'_>> = curves
            .iter()
            .zip(&names)
            .map(|((readout, (points, intervals)), name)| Series { name, points, intervals, role: role(readout) })
            .collect();
        let level =
            self.level.and_then(|(key, name)| Some((recorded(state, &format!("{}.{key}", self.file))? as f32, name)));
        let chart = Chart {
            title: self.title,
            series: &series,
            x_label: "layer (0: embeddings)",
            reference: level,
            ..Chart::default()
        };
        chart::draw(area, buf, theme, &chart);
    }

    /// Of each readout that the record has at every layer.
    fn curves(&self, state: &State) -> Vec<(&str, Curve)> {
        let [value, low, high] = self.what;
        let layers = state.layers().unwrap_or(0);
        if state.sentences != MOVIES || values::misleads(state, &format!("{}.", self.file)) {
            return Vec::new();
        }
        let of = |readout: &str| {
            let number = |layer: usize, what: &str| {
                recorded(state, &format!("{}.{readout}.{layer}.{what}", self.file)).map(|number| number as f32)
            };
            let points: Option<Vec<(f32, f32)>> =
                (0..=layers).map(|layer| Some((layer as f32, number(layer, value)?))).collect();
            let ends: Option<Vec<(f32, f32)>> =
                (0..=layers).map(|layer| Some((number(layer, low)?, number(layer, high)?))).collect();
            Some((points?, ends.unwrap_or_default()))
        };
        self.readouts.iter().filter_map(|readout| Some((readout.as_str(), of(readout)?))).collect()
    }
}

/// Lines below which a curve says less than words.
const LEAST: u16 = 12;
