//! A bench that looks into classifiers where there are none yet: what is missing, and what Enter does about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::offer;
use super::race::{running, whole};
use crate::app::State;
use crate::view::theme::Theme;
use crate::view::widgets::text::clean;

const CAPTION: &str = "two classifiers on this model, fitted here";

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if let Some(run) = state.running() {
        return running(state, CAPTION, run, theme, area, buf);
    }
    let mut said = vec![state.no_heads()];
    if state.heads_request().is_some() {
        let [_, train, validation, test] = state.data;
        let how = "Press Enter to fit two here, on [CLS] and on GlobalPooling, with BERT frozen";
        said.push(if state.has_two_labels() {
            let [train, validation, test] = [train, validation, test].map(whole);
            format!(
                "{how}: {train} sentences to learn from, {validation} to choose on, {test} to test on. It is the first race of lesson 08."
            )
        } else {
            format!("{how}.")
        });
        said.push(format!(
            "Space holds it, x stops it.{} Then this bench shows what they answer, for any sentence.",
            state.about()
        ));
    }
    let said: Vec<String> = said.iter().map(|text| clean(text, theme.ascii).into_owned()).collect();
    offer(CAPTION, &said, theme, area, buf);
}
