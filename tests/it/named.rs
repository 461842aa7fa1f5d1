//! What a step's text names is on the screen: a piece that a value of the text gives is to be seen in the bench at 80x24, whatever the
//! length of the sentence.

use clsroom::app::{Key, values};
use clsroom::lesson::vocabulary::{Kind, kind};
use clsroom::lesson::{Block, Inline, Source, ValueRef};

use crate::driver::Driver;

/// Sentences of 4, 13, 20 and 40 pieces, `[CLS]` and `[SEP]` among them.
const SENTENCES: [(&str, usize); 4] = [
    ("Wonderful.", 4),
    ("The plot is thin, but the acting is wonderful.", 13),
    ("A slow start, a clumsy middle and an end that makes up for all of it.", 20),
    (
        "The old actor walks through the rain, and for once nobody explains what he feels, so the long silence in the second half \
         says more about him than all of the speeches did before then.",
        40,
    ),
];

/// Word pieces that the text of the step gives as values.
fn named(driver: &Driver) -> Vec<String> {
    let mut found = Vec::new();
    let mut see = |inlines: &[Inline]| {
        let values =
            inlines.iter().filter_map(|inline| if let Inline::Value(value) = inline { Some(value) } else { None });
        let live = |value: &&ValueRef| value.source == Source::Live && kind(value.source, &value.key) == Kind::Piece;
        found
            .extend(values.filter(live).map(|value| values::resolve(&driver.state, value)).filter(|found| found.ready));
    };
    for block in driver.state.text() {
        match block {
            Block::Paragraph(inlines) | Block::Quote(inlines) => see(&inlines),
            Block::List { items, .. } => items.iter().for_each(|item| see(item)),
            Block::Code(_) => {}
        }
    }
    found.into_iter().map(|value| value.text).collect()
}

#[test]
fn a_piece_that_a_text_names_is_in_the_bench() {
    let mut seen = 0;
    for (sentence, pieces) in SENTENCES {
        let mut driver = Driver::new(80, 24);
        driver.open("01");
        driver.type_sentence(sentence);
        assert_eq!(driver.state.trace().map(|trace| trace.pieces.len()), Some(pieces), "{sentence}");
        for id in ["02", "03", "04", "06", "07"] {
            driver.open(id);
            let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
            driver.press(&"p".repeat(steps));
            for step in 1..=steps {
                driver.press("1");
                let names = named(&driver);
                driver.key(Key::Tab);
                let screen = driver.screen();
                for name in names {
                    // A narrow column may cut a long piece; its beginning is there.
                    let begin: String = name.trim_start_matches('#').chars().take(4).collect();
                    assert!(screen.contains(&begin), "{id}.{step} names {name:?} on {pieces} pieces\n{screen}");
                    seen += 1;
                }
                driver.key(Key::Tab);
                if step < steps {
                    driver.press("n");
                }
            }
        }
    }
    assert!(seen >= 2 * SENTENCES.len(), "{seen} names were looked for");
}
