//! Every question of the course is on one page with all its options, also on small screens.

use clsroom::app::Screen;
use clsroom::lesson::Question;

use crate::driver::Driver;

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a screen shows a question and all of its options.
fn shows(driver: &Driver, question: &Question) -> bool {
    let screen = squeezed(&driver.screen());
    let options = driver.state.options(question);
    screen.contains(&squeezed(&question.ask)) && options.iter().all(|option| screen.contains(&squeezed(option)))
}

/// What the marks mean stands below a text; it gives way before the text is divided for it.
#[test]
fn a_text_that_fits_is_not_divided_for_the_line_that_explains_its_marks() {
    let mut driver = Driver::new(80, 24);
    driver.open("05");
    while driver.state.marker().as_deref() != Some("[05.8 ready]") {
        driver.press("n");
    }
    let screen = driver.screen();
    assert!(!screen.contains("part 1 of") && screen.contains("the label is in the part that all"), "{screen}");
}

#[test]
fn all_options_stand_on_one_page_with_their_question_and_every_cut_says_how_much_follows() {
    for size in [(80, 24), (60, 18)] {
        let mut driver = Driver::new(size.0, size.1);
        for lesson in 0..driver.state.course.lessons.len() {
            driver.state.screen = Screen::Home { cursor: lesson };
            driver.state.progress.lessons.clear();
            driver.key(clsroom::app::Key::Enter);
            for step in 0..driver.state.course.lessons[lesson].steps.len() {
                if step > 0 {
                    driver.press("n");
                }
                let now = driver.state.step().cloned().expect("a step");
                let Some(question) = now.predict.or(now.check) else { continue };
                let place = format!("lesson {}, step {}, {size:?}", lesson + 1, step + 1);
                let mut seen = false;
                for _ in 0..12 {
                    let screen = driver.screen();
                    seen |= shows(&driver, &question);
                    if let Some(cut) =
                        screen.lines().find(|line| line.contains(": J shows the ") && !line.contains("the first"))
                    {
                        assert!(cut.contains(" more)"), "{place}: {cut}");
                    }
                    driver.press("J");
                }
                assert!(seen, "{place}: no page has all options\n{}", driver.screen());
            }
        }
    }
}

#[test]
fn a_list_that_does_not_fit_says_how_many_more() {
    let mut driver = Driver::new(80, 24);
    driver.type_sentence(&"word ".repeat(40));
    driver.state.teacher.unlock = true;
    driver.state.screen = Screen::Home { cursor: 2 };
    driver.key(clsroom::app::Key::Enter);
    driver.press("n");
    driver.key(clsroom::app::Key::Tab);
    assert!(driver.screen().contains(" smaller ones folded"), "{}", driver.screen());
}
