//! Two sentences side by side: how alike `[CLS]`, a word and the mean are, by layer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::number;
use super::{card, frame, in_way, measured, said};
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::way::Way;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::text::{clean, fit, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "two sentences: how similar their [CLS], a word and the means are, by layer",
    settings: &["sentence", "other", "word"],
    needs: &["other"],
    families: &[values::families::COMPARE],
    keys: &[],
    wants: |state| state.compare_request().into_iter().collect(),
    ways: |_| &Way::ALL,
    prepares: State::compare_request,
    ..ViewRow::of(View::Compare, "compare", Draw::Alone(draw), words)
};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.compare(state.way()) else {
        return card(&["The model runs on both sentences."], theme, area, buf);
    };
    let points =
        |values: &[f32]| values.iter().enumerate().map(|(layer, value)| (layer as f32, *value)).collect::<Vec<_>>();
    let (cls, mean, word) = (points(&data.cls), points(&data.mean), points(&data.word_cosine));
    let word_name = data.word.as_ref().map(|(word, ..)| format!("\"{}\"", clean(word, theme.ascii)));
    // Where a word is followed, it is what is asked about.
    let look = |role| if word_name.is_some() { Role::Dim } else { role };
    let mut series = vec![
        Series { name: "[CLS]", points: &cls, role: look(Role::Cls), ..Series::default() },
        Series { name: "GlobalPooling", points: &mean, role: look(Role::Mean), ..Series::default() },
    ];
    if let Some(name) = &word_name {
        series.push(Series { name, points: &word, role: Role::Value, ..Series::default() });
    }
    let last = data.cls.len().saturating_sub(1);
    let ends = |name: &str, values: &[f32]| {
        values.first().zip(values.last()).map_or(String::new(), |(first, end)| format!("{name} {first:.3} to {end:.3}"))
    };
    let dot = theme.glyphs().dot;
    let mut numbers =
        format!("layer 0 to {last}: {} {dot} {}", ends("[CLS]", &data.cls), ends("GlobalPooling", &data.mean));
    match &word_name {
        Some(name) => numbers.extend([" ", dot, " ", &ends(name, &data.word_cosine)]),
        None if state.bench().is_some_and(|bench| bench.word.is_some()) => {
            numbers += " (the word is not in both sentences)";
        }
        None => {}
    }
    let foot = [
        said(numbers, theme.value()),
        measured("cosine of two vectors: 1 the same direction, 0 at right angles", theme),
    ];
    let body = frame(
        &format!("how alike the two sentences' vectors are, by layer{}", in_way(state)),
        "",
        &foot,
        theme,
        area,
        buf,
    );
    let width = usize::from(body.width);
    for (index, (sign, sentence)) in [("A", &data.first), ("B", &data.second)].into_iter().enumerate() {
        let text = fit(&format!("{sign}  {}", sentence.text), width, theme.ascii);
        put(buf, body.x, body.y + index as u16, body.width, &text, theme.text());
    }
    let plot = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    let lowest = data.cls.iter().chain(&data.mean).chain(&data.word_cosine).copied().fold(1f32, f32::min);
    // Near 1, small differences are what is asked about.
    let low = if lowest >= 0.9 { 0.9 } else { lowest.min(0.0) };
    let curves = Chart {
        title: "cosine",
        series: &series,
        x: Some((0.0, last as f32)),
        y: Some((low, 1.0)),
        x_label: "layer (0: embeddings)",
        reference: None,
        ..Chart::default()
    };
    chart::draw(plot, buf, theme, &curves);
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.compare(state.way())?;
    let mut said = vec![format!(
        "Two sentences, \"{}\" and \"{}\", by cosine after each layer{}:",
        data.first.text,
        data.second.text,
        in_way(state)
    )];
    for (layer, cls) in data.cls.iter().enumerate() {
        let word = match (&data.word, data.word_cosine.get(layer)) {
            (Some((word, ..)), Some(cosine)) => format!(", \"{word}\" {}", number(*cosine)),
            _ => String::new(),
        };
        let mean = data.mean.get(layer).map_or(String::new(), |mean| format!(", GlobalPooling {}", number(*mean)));
        said.push(format!("Layer {layer}: [CLS] {}{word}{mean}.", number(*cls)));
    }
    Some(said)
}
