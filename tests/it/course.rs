//! The course: checked, listed, overridden by a folder, and its mistakes told with file, line and column.

use std::fs;
use std::process::Command;

use clsroom::app::Key;
use clsroom::commands::load_course;

use crate::driver::Driver;

fn check(folder: &std::path::Path) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_clsroom")).args(["lessons", "check"]).arg(folder).output().expect("it starts");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
    )
}

const GOOD: &str = "+++\ntitle = \"Mine\"\nminutes = 3\nquestion = \"What is mine?\"\nsentence = \"a small test\"\n+++\n\n## One\n\nLook at `[CLS]`.\n\n```bench\nview = \"tokens\"\n```\n";

#[test]
fn the_embedded_course_has_no_mistakes() {
    let loaded = load_course(None).unwrap_or_else(|problems| panic!("{problems}"));
    let ids: Vec<&str> = loaded.course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    assert!(ids.is_sorted() && ["01", "02", "04", "07", "08"].iter().all(|id| ids.contains(id)), "{ids:?}");
    assert!(loaded.heads.is_some_and(|heads| heads.heads.len() == 2));
}

#[test]
fn a_folder_takes_the_courses_place() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("05-mine.md"), GOOD).expect("written");
    assert_eq!(check(folder.path()).0, Some(0));
    let loaded = load_course(Some(folder.path())).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.course.lessons[0].title, "Mine");
}

#[test]
fn mistakes_are_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = GOOD.replace("view = \"tokens\"", "view = \"tokns\"");
    fs::write(folder.path().join("05-mine.md"), broken).expect("written");
    let (code, said) = check(folder.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("05-mine.md:13:8") && said.contains("tokens"), "{said}");

    let output =
        Command::new(env!("CARGO_BIN_EXE_clsroom")).arg("--lessons").arg(folder.path()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("05-mine.md:13:8"), "{said}");
}

#[test]
fn an_undefined_value_and_a_typed_number_are_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, expected) in [
        ("It has {{model.layrs}} layers.", "model.layers"),
        ("It gets 74 % right.", "74 %"),
        ("See {{record.frozen.clz.6.accuracy}}.", "cls"),
    ] {
        fs::write(folder.path().join("05-mine.md"), GOOD.replace("Look at `[CLS]`.", text)).expect("written");
        let (code, said) = check(folder.path());
        assert_eq!(code, Some(1), "{text}");
        assert!(said.contains("05-mine.md:10:") && said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn the_worked_example_is_sound_and_can_be_walked() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/example-lesson");
    assert_eq!(check(&folder).0, Some(0), "{}", check(&folder).1);
    let loaded = load_course(Some(&folder)).unwrap_or_else(|problems| panic!("{problems}"));
    let mut driver = Driver::new(80, 24);
    driver.state.course = std::sync::Arc::new(loaded.course);
    driver.open("01");
    let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
    for step in 1..=steps {
        assert_eq!(driver.state.marker(), Some(format!("[01.{step} ready]")));
        if let Some(question) = driver.state.question().cloned() {
            driver.press("1");
            assert!(driver.state.given(&question).is_some(), "it can be answered");
            let judged = driver.state.judge(&question);
            assert!(judged.right.is_some(), "{}: a measurement decides", question.id);
        }
        driver.press("n");
    }
    driver.key(Key::Esc);
    assert!(driver.state.progress.lessons["01"].finished);
}

#[test]
fn speaker_notes_show_only_when_asked_for_and_unlock_uncovers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/example-lesson");
    let loaded = load_course(Some(&folder)).unwrap_or_else(|problems| panic!("{problems}"));
    let mut driver = Driver::new(80, 24);
    driver.state.course = std::sync::Arc::new(loaded.course);
    driver.open("01");
    assert!(!driver.screen().contains("Let them type"), "{}", driver.screen());
    driver.state.teacher = clsroom::app::Teacher { notes: true, unlock: false };
    assert!(driver.screen().contains("Notes for the teacher"), "{}", driver.screen());
    assert!(driver.screen().contains("Let them type a sentence"), "{}", driver.screen());
    assert!(driver.screen().contains("Everybody at this screen sees them"), "{}", driver.screen());
    driver.press("n");
    assert!(driver.state.covered());
    driver.state.teacher.unlock = true;
    assert!(!driver.state.covered(), "a teacher need not predict");
}

#[test]
fn mistakes_in_glossary_and_paths_are_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("05-mine.md"), GOOD).expect("written");
    fs::write(folder.path().join("glossary.toml"), "[[term]]\nname = \"a\"\nmeans = \"b\"\nsee = [\"c\"]\n")
        .expect("written");
    fs::write(folder.path().join("paths.toml"), "[[path]]\nname = \"x\"\nlessons = [\"05\", \"06\"]\n")
        .expect("written");
    let (code, said) = check(folder.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("glossary.toml:4:8: `see` names the unknown term \"c\""), "{said}");
    assert!(said.contains("paths.toml:3:18: the path names lesson 06, which does not exist"), "{said}");
}

/// The teacher's guide names nothing that does not exist, and the command lists all.
#[test]
fn the_guide_and_the_vocabulary_agree_with_the_program() {
    use clsroom::lesson::View;
    let guide = fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/writing-lessons.md"));
    let guide = guide.expect("the guide");
    let output =
        Command::new(env!("CARGO_BIN_EXE_clsroom")).args(["lessons", "vocabulary", "all"]).output().expect("it starts");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    for (name, _) in View::ALL {
        assert!(listed.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}\n{listed}");
    }
    for (pattern, meaning) in clsroom::lesson::vocabulary::LIVE {
        assert!(listed.contains(pattern) && listed.contains(meaning), "{pattern}");
    }
    for named in guide.split("view = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(View::ALL.iter().any(|(name, _)| *name == named), "the guide names the view {named}");
    }
}

#[test]
fn text_for_one_kind_of_model_is_read_checked_and_shown_to_that_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "+++\ntitle = \"Mine\"\nminutes = 3\nquestion = \"Mine?\"\nsentence = \"a test\"\n+++\n";
    let lesson = |others: &str| {
        let body = "Always.\n\n```embedded\nOnly here: {{model.layers}} layers.\n\n* one\n```\n";
        let text = format!("{head}\n## One\n\n{body}\n```others\n{others}\n```\n");
        std::fs::write(folder.path().join("01-a.md"), text).expect("written");
    };
    lesson("Elsewhere: layer {{model.middle}} has ratio {{mixing.ratio.middle}}.");
    let loaded = clsroom::commands::load_course(Some(folder.path())).expect("it is in order");
    let step = &loaded.course.lessons[0].steps[0];
    assert_eq!((step.blocks.len(), step.shown(true).len(), step.shown(false).len()), (4, 3, 2));
    lesson("Elsewhere: {{model.lairs}}.");
    let Err(said) = clsroom::commands::load_course(Some(folder.path())) else { panic!("it has a mistake") };
    assert!(said.contains("01-a.md:") && said.contains("model.layers"), "{said}");
    lesson("One.\n\n---\n\nTwo.");
    let Err(said) = clsroom::commands::load_course(Some(folder.path())) else { panic!("it has a mistake") };
    assert!(said.contains("holds text only"), "{said}");
}

fn printed(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom")).args(arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Notes are for the teacher: a command prints them for a second screen or paper.
#[test]
fn recorded_races_stand_in_one_table_by_sentences_lanes_and_mode() {
    let (code, table, error) = printed(&["lessons", "results"]);
    assert_eq!(code, Some(0), "{error}");
    let header = table.lines().next().expect("a header");
    assert!(header.starts_with("record,model,data,readout,mode,layer,seeds,accuracy"), "{header}");
    let columns: Vec<&str> = header.split(',').collect();
    let place = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let found = |record: &str, readout: &str, mode: &str| {
        let is = |row: &&Vec<&str>| (row[0], row[place("readout")], row[place("mode")]) == (record, readout, mode);
        let row = rows.iter().find(is).unwrap_or_else(|| panic!("{record} {readout} {mode}"));
        row[place("n_train")].parse::<usize>().expect("a number")
    };
    for mode in ["frozen", "finetune"] {
        let sizes = ["small", "positions", "full"].map(|record| found(record, "mean", mode));
        assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    }
    assert!(!table.contains("inversion"), "a record that is no race");
}

#[test]
fn notes_are_printed_for_the_teacher_alone() {
    for lesson in ["01", "04", "08"] {
        let (code, text, _) = printed(&["notes", lesson]);
        assert_eq!(code, Some(0));
        let loaded = load_course(None).unwrap_or_else(|problems| panic!("{problems}"));
        let lesson = loaded.course.lessons.iter().find(|known| known.id == lesson).expect("the lesson");
        let noted = lesson.steps.iter().filter(|step| !step.notes.is_empty()).count();
        assert!(noted * 2 >= lesson.steps.len(), "lesson {} has notes in {noted} steps", lesson.id);
        let none = text.matches("This step has no speaker notes.").count();
        assert_eq!(none, lesson.steps.len() - noted, "{text}");
        for step in 1..=lesson.steps.len() {
            assert!(text.contains(&format!("\n{}.{step}  ", lesson.id)), "{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    let (_, all, _) = printed(&["notes"]);
    assert!(all.contains("Lesson 01:") && all.contains("Lesson 11:"), "{all}");
    let (code, _, said) = printed(&["notes", "77"]);
    assert!(code == Some(1) && said.contains("there is no lesson 77"), "{said}");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/example-lesson").display().to_string();
    let (_, text, _) = printed(&["notes", "1", "--lessons", &folder]);
    assert!(text.contains("Let them type a sentence"), "{text}");
}

/// Without notes a step says so; in plain text too.
#[test]
fn a_step_without_notes_says_so() {
    let mut driver = Driver::new(80, 40);
    driver.open("02");
    driver.state.teacher.notes = true;
    assert!(driver.screen().contains("This step has no speaker notes."), "{}", driver.screen());
    let (_, text, _) = printed(&["--plain", "01", "--notes", "--demo"]);
    assert!(text.contains("Notes for the teacher:") && text.contains("Let everybody type a sentence"), "{text}");
    assert!(text.contains("This step has no speaker notes."), "{text}");
    let (_, text, _) = printed(&["--plain", "01", "--demo"]);
    assert!(!text.contains("Notes for the teacher"), "{text}");
}

/// The vocabulary is a summary; each view has a line that says what it shows, and its settings on demand.
#[test]
fn the_vocabulary_is_short_and_says_what_each_view_shows() {
    use clsroom::lesson::View;
    let (_, summary, _) = printed(&["lessons", "vocabulary"]);
    assert!(summary.lines().count() < 90, "{} lines", summary.lines().count());
    for (name, view) in View::ALL {
        assert!(view.about().len() > 20 && summary.contains(view.about()), "{name}");
        let (code, text, _) = printed(&["lessons", "vocabulary", name]);
        assert_eq!(code, Some(0), "{name}");
        for setting in view.settings() {
            assert!(text.lines().any(|line| line.trim_start().starts_with(setting)), "{name} {setting}\n{text}");
        }
        for measure in view.measures() {
            assert!(text.contains(measure), "{name} {measure}\n{text}");
        }
    }
    let (_, text, _) = printed(&["lessons", "vocabulary", "record.full"]);
    assert!(text.contains("full.cls.finetune.accuracy") && !text.contains("frozen."), "{text}");
    let (code, _, said) = printed(&["lessons", "vocabulary", "mixng"]);
    assert!(code == Some(1) && said.contains("did you mean `mixing`?"), "{said}");
}

/// Between γ and before it: every vector of the sentence has one length, the square root of its numbers; not after it.
#[test]
fn layernorm_makes_lengths_equal_before_gamma_only() {
    let mut driver = Driver::new(150, 44);
    driver.open("02");
    driver.press("nnn");
    assert_eq!(driver.state.step().and_then(|step| step.title(true)), Some("LayerNorm"));
    let value = |key: &str| {
        let value = clsroom::lesson::parse::reference(&format!("layernorm.{key}")).expect("a value");
        match clsroom::app::values::resolve(&driver.state, &value).number {
            clsroom::app::values::Number::Known(number) => number,
            clsroom::app::values::Number::None => panic!("{key}"),
        }
    };
    // From the traced sums: (x - mean) / std has length sqrt(D).
    let trace = driver.state.trace().expect("a trace");
    let rows = trace.sum.rows;
    let root = (trace.sum.cols as f64).sqrt();
    for row in 0..rows {
        let x = trace.sum.row(row);
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let std = (x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32).sqrt();
        let length = x.iter().map(|v| ((v - mean) / std).powi(2)).sum::<f32>().sqrt();
        assert!((f64::from(length) - root).abs() < 1e-3, "{length}");
    }
    assert!((value("scaled.shortest") - root).abs() < 1e-3 && (value("scaled.longest") - root).abs() < 1e-3);
    let spread = |what: &str| value(&format!("{what}.longest")) - value(&format!("{what}.shortest"));
    assert!(spread("scaled") < 1e-3 && spread("after") > spread("before"), "{} {}", spread("before"), spread("after"));
    let screen = driver.screen();
    assert!(screen.contains("before γ  length") && screen.matches("19.60").count() >= rows, "{screen}");
}
