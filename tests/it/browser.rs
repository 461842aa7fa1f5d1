//! The notebook in a real browser, where there is one: nothing fails, every picture is there, it fits a telephone and a
//! window, and prints on A4.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use clsroom::commands::notebook::document;
use clsroom::lesson::notebook::{Document, Part};

use crate::driver::Driver;

/// Chromium without a window; `None` where it is not installed.
fn chromium(home: &Path, arguments: &[&str]) -> Option<Output> {
    let fixed =
        ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=20000"];
    let mut command = Command::new("chromium");
    command.env("HOME", home).args(fixed).arg(format!("--user-data-dir={}", home.join("chromium").display()));
    let output = command.args(arguments).output().ok();
    if output.is_none() {
        eprintln!("there is no chromium; the notebook was not opened");
    }
    output
}

/// A notebook of somebody who has done a few steps, with recorded figures for the rest.
fn notebook() -> Document {
    let mut driver = Driver::new(120, 36);
    driver.open("04");
    driver.press("1nn");
    driver.open("06");
    driver.press("1n1n");
    document(&driver.state.progress, &driver.state.course, &driver.state.records, Some("Ann <b>"))
}

fn pictures(document: &Document) -> usize {
    document.parts.iter().filter(|part| matches!(part, Part::Picture(_))).count()
}

/// The page inside a frame of so many pixels; a script of the test's, outside of it, tells what it sees.
fn framed(page: &str, width: u32) -> String {
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><title>waits</title><iframe width=\"{width}\" height=\"900\" srcdoc=\"{quoted}\"></iframe><script>
        const frame = document.querySelector('iframe');
        frame.onload = () => {{
            const page = frame.contentDocument, root = page.documentElement;
            const drawn = [...page.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().height > 40);
            const out = [...page.querySelectorAll('svg text')].filter(text => {{
                const a = text.getBoundingClientRect(), b = text.closest('svg').getBoundingClientRect();
                return a.left < b.left - 1 || a.right > b.right + 1;
            }});
            document.title = `wide ${{root.scrollWidth}} of ${{root.clientWidth}}, drawn ${{drawn.length}}, cut ${{out.length}}`;
        }};</script>"
    )
}

#[test]
fn the_notebook_opens_in_a_browser_at_both_widths_and_prints_on_a4() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = notebook();
    let (page, count) = (document.html(), pictures(&document));
    assert!(count >= 5, "{count} pictures");
    assert!(!page.contains("<script") && !page.contains("http"), "no script, nothing from outside");
    let at = |name: &str| folder.path().join(name);
    for width in [420, 1_000] {
        fs::write(at("framed.html"), framed(&page, width)).expect("written");
        let file = format!("file://{}", at("framed.html").display());
        let Some(output) = chromium(folder.path(), &["--dump-dom", &file]) else { return };
        let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let title =
            dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map_or("", |found| found.0);
        let numbers: Vec<u32> =
            title.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let [wide, window, drawn, cut] = numbers[..] else { panic!("{title}\n{log}") };
        assert!(wide <= window && window <= width, "{title}");
        assert_eq!((drawn as usize, cut), (count, 0), "{title}");
        assert!(!log.contains("CONSOLE"), "{log}");
    }
    fs::write(at("page.html"), &page).expect("written");
    let (pdf, file) = (at("page.pdf"), format!("file://{}", at("page.html").display()));
    let print = format!("--print-to-pdf={}", pdf.display());
    if chromium(folder.path(), &[&print, "--no-pdf-header-footer", &file]).is_some() {
        let bytes = fs::read(&pdf).expect("it printed");
        let text = String::from_utf8_lossy(&bytes);
        let media = text.split("/MediaBox").nth(1).map_or("", |rest| rest.split(']').next().unwrap_or_default());
        let sides: Vec<f64> = media.split([' ', '[']).filter_map(|side| side.parse().ok()).collect();
        assert!(bytes.starts_with(b"%PDF") && sides.len() == 4, "{media}");
        assert!((sides[2] - 595.0).abs() < 2.0 && (sides[3] - 842.0).abs() < 2.0, "{sides:?} is no A4");
    }
}
