//! Which words of the course the glossary marks: never one that stands for something else.

use clsroom::commands::load_course;
use clsroom::lesson::{Block, Inline, glossary};

/// Terms whose words have other senses in the course: a head of attention and a head on `[CLS]`, a key of attention and of
/// the keyboard, a layer of BERT and a dense layer, …
const AMBIGUOUS: [&str; 5] = ["head", "key", "baseline", "layer", "classifier"];

/// Every marked occurrence: the step, the term, the word with its neighbours.
fn marked() -> Vec<(String, String, String)> {
    let course = load_course(None).unwrap_or_else(|problems| panic!("{problems}")).course;
    let mut found = Vec::new();
    for lesson in &course.lessons {
        for (index, step) in lesson.steps.iter().enumerate() {
            for block in &step.blocks {
                let texts = match block {
                    Block::Paragraph(inlines) | Block::Quote(inlines) => vec![inlines],
                    Block::List { items, .. } => items.iter().collect(),
                    Block::Code(_) => Vec::new(),
                };
                for inlines in texts {
                    for (at, inline) in inlines.iter().enumerate() {
                        let Inline::Term { text, name } = inline else { continue };
                        let near = |inline: Option<&Inline>| match inline {
                            Some(Inline::Text(text) | Inline::Term { text, .. }) => text.clone(),
                            Some(Inline::Code(text)) => format!("`{text}`"),
                            _ => String::new(),
                        };
                        let before: String = near(at.checked_sub(1).map(|at| &inlines[at]));
                        let after: String = near(inlines.get(at + 1)).chars().take(16).collect();
                        let before: String =
                            before.chars().rev().take(24).collect::<Vec<_>>().into_iter().rev().collect();
                        let place = format!("{}.{}", lesson.id, index + 1);
                        found.push((place, name.clone(), format!("{before}[{text}]{after}")));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn ambiguous_words_are_marked_in_the_sense_of_their_term() {
    let marked = marked();
    let listed = marked.iter().filter(|(_, name, _)| AMBIGUOUS.contains(&name.as_str()));
    let listed: Vec<String> = listed.map(|(place, name, text)| format!("{place} {name}: {text}")).collect();
    // Read each line: does the word mean there what the glossary says?
    insta::assert_snapshot!("ambiguous_terms", listed.join("\n"));
}

#[test]
fn words_in_another_sense_are_not_marked() {
    for (place, name, text) in marked() {
        let (before, _) = text.split_once('[').expect("a mark");
        match name.as_str() {
            "layer" => assert!(!before.ends_with("dense "), "{place}: {text}"),
            "key" => assert!(!before.ends_with("every ") && !before.ends_with("press "), "{place}: {text}"),
            "head" => assert!(["03", "04", "07"].iter().any(|id| place.starts_with(id)), "{place}: {text}"),
            _ => {}
        }
    }
}

#[test]
fn a_term_with_several_senses_is_marked_only_where_a_text_links_it() {
    let toml = "[[term]]\nname = \"key\"\nalso = [\"attention key\"]\nonly-linked = true\nmeans = \"A vector.\"\n\n\
                [[term]]\nname = \"layer\"\nmeans = \"A round.\"\n\n[[term]]\nname = \"dense layer\"\nmeans = \"A product.\"\n";
    let folder = tempfile::tempdir().expect("a folder");
    let head = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n\n";
    let body = "Press a key. An attention key here.\n\n---\n\nIts [keys](term:key), a key, and a dense layer.\n";
    std::fs::write(folder.path().join("glossary.toml"), toml).expect("written");
    std::fs::write(folder.path().join("01-a.md"), format!("{head}{body}")).expect("written");
    let course = load_course(Some(folder.path())).unwrap_or_else(|problems| panic!("{problems}")).course;
    let terms = |step: usize| -> Vec<(String, String)> {
        let Block::Paragraph(inlines) = &course.lessons[0].steps[step].blocks[0] else { panic!("a paragraph") };
        let term = |inline: &Inline| match inline {
            Inline::Term { text, name } => Some((text.clone(), name.clone())),
            _ => None,
        };
        inlines.iter().filter_map(term).collect()
    };
    let pair = |text: &str, name: &str| (text.to_owned(), name.to_owned());
    assert_eq!(terms(0), [pair("attention key", "key")]);
    assert_eq!(terms(1), [pair("keys", "key"), pair("dense layer", "dense layer")]);
    let used = glossary::in_step(&course.glossary, &course.lessons[0].steps[1]);
    let used: Vec<&str> = used.iter().map(|index| course.glossary[*index].name.as_str()).collect();
    assert_eq!(used, ["key", "dense layer"]);
}
