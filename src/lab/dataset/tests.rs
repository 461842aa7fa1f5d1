use super::*;

const HEADER: &str = "id\trating\ttext\n";

/// Enough sentences for every split and both labels, after `extra`.
fn file(extra: &str) -> String {
    let line = |number: usize| {
        let rating = if number.is_multiple_of(2) { 2 } else { -2 };
        format!("{number}\t{rating}\tsentence number {number}\n")
    };
    format!("{HEADER}{extra}{}", (0..100).map(line).collect::<String>())
}

fn error(text: &str) -> String {
    Dataset::parse("mine", text).expect_err("should be refused").to_string()
}

#[test]
fn movies_are_the_ones_of_the_reference() {
    let movies = Dataset::embedded("movies").expect("embedded");
    let sizes = [Split::Train, Split::Validation, Split::Test].map(|split| movies.indices(split).len());
    assert_eq!(sizes, [6_991, 1_044, 2_035]);
    assert_eq!(movies.dropped(), Dropped { neutral: 533, repeated: 2, ..Dropped::default() });
    assert_eq!(movies.items().iter().filter(|item| item.label == 1).count(), 4_995);
    assert_eq!(movies.classes(), ["negative", "positive"]);
    assert_eq!(movies.sha256(), "bea3411175bbb295106f8d62766ddf9993f237095adae2ec6cb64686c0f9b252");
}

#[test]
fn products_too() {
    let products = Dataset::embedded("products").expect("embedded");
    let sizes = [Split::Train, Split::Validation, Split::Test].map(|split| products.indices(split).len());
    assert_eq!(sizes, [2_070, 286, 621]);
    assert_eq!(products.dropped(), Dropped { neutral: 723, repeated: 8, ..Dropped::default() });
    assert_eq!(products.sha256(), "26cb9c6e0cb396870cc82b95aa4f517b9a15882c721a4c85b32fb96dbc40416d");
}

#[test]
fn unknown_names_list_the_known() {
    let error = Dataset::embedded("tweets").expect_err("not embedded").to_string();
    assert!(error.contains("movies, products"), "{error}");
    assert_eq!(Dataset::names().collect::<Vec<_>>(), ["movies", "products"]);
}

#[test]
fn a_smaller_subset_is_part_of_a_larger_one_and_ascending() {
    let movies = Dataset::embedded("movies").expect("embedded");
    let small = movies.subset(Some(100), Some(50));
    let large = movies.subset(Some(1_000), None);
    assert_eq!([small.train.len(), small.validation.len(), small.test.len()], [100, 1_044, 50]);
    assert_eq!([large.train.len(), large.test.len()], [1_000, 2_035]);
    assert!(small.train.iter().all(|index| large.train.contains(index)));
    assert!(large.train.is_sorted());
    assert_eq!(movies.subset(Some(usize::MAX), None).train, movies.indices(Split::Train));
}

#[test]
fn the_choice_survives_reordering() {
    let text = file("");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let chosen = |text: &str| {
        let dataset = Dataset::parse("mine", text).expect("good");
        let mut texts: Vec<String> =
            dataset.subset(Some(10), None).train.iter().map(|index| dataset.items()[*index].text.clone()).collect();
        texts.sort();
        texts
    };
    assert_eq!(chosen(&text), chosen(&lines.join("\n")));
}

#[test]
fn other_columns_orders_line_ends_and_a_byte_order_mark_are_read() {
    let text = file("").replace(HEADER, "id\trating\ttext\tnote\n").replace('\n', "\tx\r\n");
    let text = text.replacen("note\tx", "note", 1);
    let dataset = Dataset::parse("mine", &format!("\u{feff}{text}\n\n")).expect("good");
    assert_eq!(dataset.items().len(), 100);
    assert_eq!(dataset.items()[7].text, "sentence number 7");
}

#[test]
fn neutral_and_repeated_sentences_are_dropped() {
    let dataset = Dataset::parse("mine", &file("a\t0.49\tmeh\nb\t3\tGood\nc\t-3\t  gOOD \n")).expect("good");
    assert_eq!(dataset.dropped(), Dropped { neutral: 1, repeated: 1, ..Dropped::default() });
    assert_eq!(dataset.items().len(), 101);
}

#[test]
fn a_text_is_kept_as_it_stands() {
    let text = "\u{1b}[2Jgood\u{7f}\u{202e}\u{85}";
    let dataset = Dataset::parse("mine", &file(&format!("a\t3\t{text}\n"))).expect("good");
    assert_eq!(dataset.items()[0].text, text);
}

#[test]
fn what_races_learn_from_decides_the_fingerprint() {
    let of = |name: &str, text: &str| Dataset::parse(name, text).expect("good").fingerprint().to_owned();
    let one = of("mine", &file("a\t3\tgood\n"));
    assert_eq!(one, of("other", &format!("\u{feff}{}", file("z\t2.5\tgood\n"))), "neither name nor what is not read");
    for other in ["a\t-3\tgood\n", "a\t3\tgood \n", "a\t3\tGood\n", ""] {
        assert_ne!(one, of("mine", &file(other)), "{other:?}");
    }
}

#[test]
fn errors_name_the_line() {
    assert!(error("").contains("line 1: no column named \"rating\""));
    assert!(error("id\trating\n").contains("no column named \"text\""));
    assert!(error(&file("a\t1\n")).contains("mine, line 2: no column \"text\""));
    assert!(error(&file("a\t1\tfine\nb\tgood\tfine\n")).contains("line 3: the rating \"good\""));
    for rating in ["nan", "inf", "4.1", "-5", "", "1,5", "\u{1b}[2J"] {
        let error = error(&file(&format!("a\t{rating}\tfine\n")));
        assert!(error.contains("line 2: the rating") && !error.contains('\u{1b}'), "{error}");
    }
    assert!(error(&file("a\t1\t \n")).contains("line 2: the text is empty"));
    assert!(error(&file("a\t1\tfi\0ne\n")).contains("line 2: there is a NUL byte"));
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    assert!(error(HEADER).contains("train split: 0 sentences"));
    assert!(error(&file("").replace("\t-2", "\t2")).contains("every sentence left is positive"));
    let two = format!("{HEADER}a\t1\tgood\nb\t-1\tbad\n");
    assert!(error(&two).contains("2 sentences are too few"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", rating in "\\PC{0,8}") {
        let _ = Dataset::parse("mine", &text);
        let _ = Dataset::parse("mine", &format!("{HEADER}a\t{rating}\t{text}\n"));
    }
}
