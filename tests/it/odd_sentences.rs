//! Pictures of sentences that are short, long, or in other scripts: each keeps its caption and its foot, shows something between
//! them, and says what does not fit.

use clsroom::lesson::View;

use crate::driver::Driver;
use crate::screens::to_view;

/// Views of one sentence, with the lesson that has each; those whose picture has a place for every piece come first.
const VIEWS: [(&str, View, bool); 16] = [
    ("04", View::Mixing, true),
    ("03", View::Attention, true),
    ("03", View::Matrix, true),
    ("03", View::Threads, true),
    ("02", View::Similarity, true),
    ("04", View::Attribution, true),
    ("07", View::Gradient, true),
    ("01", View::Tokens, true),
    ("04", View::Painted, true),
    ("01", View::Whole, false),
    ("02", View::Embedding, false),
    ("03", View::Heads, false),
    ("04", View::Map, false),
    ("02", View::Largest, false),
    ("06", View::Received, false),
    ("06", View::Arrange, false),
];

const SHORT: [&str; 7] = [
    "Good",
    "Not good",
    "这部电影真的很好看,我喜欢。",
    "הסרט הזה נפלא",
    "e\u{301}te\u{301} a\u{308}hnlich n\u{303}andu\u{301}",
    "pneumonoultramicroscopicsilicovolcanoconiosis is no supercalifragilisticexpialidocious",
    "A slow start, a clumsy middle and an end that makes up for all of it.",
];

/// The lines of the bench, and whether they say that something does not fit.
fn bench(driver: &Driver) -> (Vec<String>, bool) {
    let screen = driver.screen();
    let lines: Vec<String> = screen.lines().map(str::to_owned).collect();
    let cut = ["more", "…", "first"].iter().any(|word| screen.contains(word));
    (lines, cut)
}

#[test]
fn every_picture_keeps_its_shape_and_says_what_does_not_fit() {
    let long = ["nobody will forget how the old actor walked into that cold river and sang"; 6].join(", ");
    for (lesson, view, whole) in VIEWS {
        let mut driver = Driver::new(80, 24);
        to_view(&mut driver, lesson, view);
        for sentence in SHORT.into_iter().chain([long.as_str()]) {
            driver.type_sentence(sentence);
            let pieces = driver.state.trace().map_or(0, |trace| trace.pieces.len());
            assert!(pieces > 2, "{sentence}");
            for size in [(60, 18), (80, 24), (120, 36)] {
                driver.size = size;
                let (lines, cut) = bench(&driver);
                let shown = lines.join("\n");
                // One word has nobody to look at it: that is said in place of a picture.
                if view == View::Received && pieces == 3 {
                    assert!(shown.contains("needs two words") && shown.contains("Type a longer one"), "{shown}");
                    continue;
                }
                let about = format!("{view:?}, {pieces} pieces, {size:?}\n{shown}");
                assert!(lines.len() <= usize::from(size.1), "{about}");
                assert!(lines[2].trim().len() > 3, "a caption: {about}");
                let picture = lines.iter().skip(3).take(lines.len() / 2);
                assert!(picture.filter(|line| !line.trim().is_empty()).count() > 1, "{about}");
                assert!(!shown.contains('\u{fffd}'), "{about}");
                assert!(driver.state.marker().is_some_and(|marker| marker.contains("ready")), "{about}");
                assert!(!whole || pieces < 60 || cut, "it says what does not fit: {about}");
            }
            driver.size = (80, 24);
        }
    }
}

#[test]
fn what_was_moved_is_on_the_screen_however_long_the_sentence_is() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "06", View::Arrange);
    driver.type_sentence(
        "A slow start, a clumsy middle and an end that makes up for all of it, and then some more of it.",
    );
    let last = driver.state.trace().map_or(0, |trace| trace.pieces.len() - 1).to_string();
    // The bench opens with another arrangement; the one that moves [CLS] is among the next.
    let screen = (0..4)
        .map(|_| {
            driver.press("v");
            driver.screen()
        })
        .find(|screen| screen.contains("[CLS] moved to the end"));
    let screen = screen.expect("an arrangement with [CLS] at its end");
    let lines: Vec<&str> = screen.lines().skip_while(|line| !line.contains("after")).collect();
    let moved = lines.iter().position(|line| line.trim_end().ends_with("[CLS]"));
    let (moved, below) = moved.zip(moved.map(|at| lines[at + 1])).unwrap_or_else(|| panic!("{screen}"));
    // Where the pieces take several lines, it ends the last of them.
    assert!(moved <= 2 && below.trim_end().ends_with(&last), "{screen}");
}
