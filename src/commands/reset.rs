//! `clsroom --reset LESSON`: a lesson starts afresh.

use super::{load_course, print};
use crate::config::{self, Settings};
use crate::lesson::progress::{Keep as _, Store};
use crate::wording::counted;

/// Forgets what the settings' learner did in a lesson, or in `all`.
///
/// # Errors
/// When there is no such lesson, or the progress file cannot be written.
pub fn reset(settings: &Settings, lesson: &str) -> Result<(), String> {
    let course = load_course(settings.lessons.as_deref())?.course;
    let Some(mut store) = config::progress_path(settings.learner.as_deref()).map(Store::new) else {
        return Err("there is no home folder, so no progress is kept".to_owned());
    };
    let (mut progress, notice) = store.load();
    if let Some(notice) = notice {
        eprintln!("clsroom: {notice}");
    }
    let wanted = format!("{lesson:0>2}");
    let ids: Vec<String> = match lesson {
        "all" => {
            course.lessons.iter().map(|lesson| lesson.id.clone()).chain(progress.lessons.keys().cloned()).collect()
        }
        _ if course.lessons.iter().any(|known| known.id == wanted) => vec![wanted],
        _ => return Err(format!("there is no lesson {lesson}. clsroom lessons lists them")),
    };
    let answers: usize = ids.iter().map(|id| progress.forget(id)).sum();
    store.save(&progress, None).map_err(|error| error.to_string())?;
    let what = if lesson == "all" { "Every lesson".to_owned() } else { format!("Lesson {}", ids[0]) };
    print(&format!("{what} starts afresh: {} forgotten.\n", counted(answers, "answer")))
}
