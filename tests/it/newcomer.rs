//! A new learner, from the first screen to the exported notebook, with the real binary.

use std::fs;

use crate::pty::Terminal;

/// Moves down the course map to the lesson with this question.
fn go_to(terminal: &mut Terminal, question: &str) {
    while !terminal.screen().contains(question) {
        let before = terminal.screen();
        terminal.send("j");
        terminal.wait_until("the cursor moves", |screen| screen != before);
    }
}

#[test]
fn from_the_first_screen_to_the_exported_notebook() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(home.path(), (80, 24), &[]);
    terminal.wait_for("[home ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send("it's a fine <b>film</b>\r");
    terminal.wait_for("[home ready]");
    // Lesson 06, its second step: predict, and see.
    go_to(&mut terminal, "Why is [CLS] the first token");
    terminal.send("\r");
    terminal.wait_for("[06.1 ready]");
    terminal.send("n");
    terminal.wait_for("[06.2 ready]");
    terminal.send("1");
    terminal.wait_for("You said: hardly at all");
    terminal.send("g");
    terminal.wait_for("[glossary ready]");
    terminal.send("q");
    terminal.wait_for("[06.2 ready]");
    terminal.send("q");
    terminal.wait_for("[home ready]");
    go_to(&mut terminal, "What did you predict");
    terminal.send("\r");
    terminal.wait_for("[12.1 ready]");
    terminal.send("\t");
    terminal.wait_for("1 of 6 measured here");
    terminal.send("w");
    terminal.wait_for("The notebook is in");
    terminal.send("qq");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
    let text = fs::read_to_string(home.path().join("clsroom-notebook.md")).expect("the notebook");
    assert!(text.contains("Attention does not need"), "{text}");
    assert!(text.contains(r"clsroom trace --also arrange -- 'it'\''s a fine <b>film</b>'"), "{text}");
    let html = fs::read_to_string(home.path().join("clsroom-notebook.html")).expect("the notebook");
    assert!(html.contains("it's a fine &lt;b&gt;film&lt;/b&gt;") && !html.contains("<b>"), "{html}");
}
