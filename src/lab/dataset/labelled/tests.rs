use super::*;

const KINDS: [&str; 3] = ["question", "answer", "remark"];

/// 120 sentences of three kinds, one line each by `line`, after `extra`.
fn file(extra: &str, line: impl Fn(usize, &str) -> String) -> String {
    format!("{extra}{}", (0..120).map(|number| line(number, KINDS[number % 3])).collect::<String>())
}

fn forms() -> [(Form, String); 3] {
    [
        (Form::Tsv, file("label\ttext\n", |number, kind| format!("{kind}\tsay, \"{number}\"\n"))),
        (Form::Csv, file("text,label\r\n", |number, kind| format!("\"say, \"\"{number}\"\"\",{kind}\r\n"))),
        (
            Form::JsonLines,
            file("", |number, kind| {
                format!("{}\n", serde_json::json!({ "text": format!("say, \"{number}\""), "label": kind }))
            }),
        ),
    ]
}

fn error(form: Form, text: &str) -> String {
    Dataset::labelled("mine", form, text).expect_err("should be refused").to_string()
}

#[test]
fn every_form_gives_the_same_sentences() {
    for (form, text) in forms() {
        let dataset = Dataset::labelled("mine", form, &text).expect("good");
        assert_eq!(dataset.classes(), ["answer", "question", "remark"], "{form:?}");
        assert_eq!(dataset.items().len(), 120);
        let item = &dataset.items()[4];
        assert_eq!((item.text.as_str(), item.label, item.split), ("say, \"4\"", 0, split(&content_hash("say, \"4\""))));
    }
}

#[test]
fn an_own_split_is_kept_and_numbers_are_ordered_by_value() {
    let names = ["train", "dev", "Test"];
    let text = file("text,label,split\n", |number, _| format!("s{number},{},{}\n", 9 + number % 2, names[number % 3]));
    let dataset = Dataset::labelled("mine", Form::Csv, &text).expect("good");
    assert_eq!(dataset.classes(), ["9", "10"]);
    assert_eq!([Split::Train, Split::Validation, Split::Test].map(|split| dataset.indices(split).len()), [40; 3]);
    assert!(error(Form::Csv, &text.replacen(",dev", ",later", 1)).contains("line 3: the split \"later\""));
}

#[test]
fn where_nothing_is_left_the_reasons_are_told() {
    let text = (0..20).fold("text,label\n".to_owned(), |text, number| text + &format!("s{number},\n"));
    let error = error(Form::Csv, &text);
    assert!(error.contains("all 20 rows were left out: 20 without label. Each must"), "{error}");
}

#[test]
fn what_was_left_out_is_counted_and_told() {
    let extra = "label\ttext\nanswer\tyes\nanswer\tYES\nremark\tyes\nremark\t \n\tno\n";
    let text = file(extra, |number, kind| format!("{kind}\tsentence {number}\n"));
    let dataset = Dataset::labelled("mine", Form::Tsv, &text).expect("good");
    let expected = Dropped { neutral: 0, repeated: 1, contradicting: 1, empty: 1, unlabelled: 1 };
    assert_eq!(dataset.dropped(), expected);
    let summary = dataset.summary();
    assert!(summary.starts_with("mine: 121 sentences of 3 classes (answer 41, question 40, remark 40)"), "{summary}");
    assert!(
        summary.ends_with("left out: 1 repeated, 1 repeated with another label, 1 empty, 1 without label"),
        "{summary}"
    );
}

#[test]
fn errors_name_the_line() {
    assert!(error(Form::Tsv, "text\tkind\n").contains("line 1: no column named \"label\", only \"text\", \"kind\"."));
    let many = (0..10).map(|number| format!("c{number}")).collect::<Vec<_>>().join(",");
    assert!(
        error(Form::Csv, &many).contains("\"text\", only \"c0\", ") && error(Form::Csv, &many).contains("and 2 more")
    );
    assert!(error(Form::Csv, "text,label\na,b,c\n").contains("line 2: it has not as many columns"));
    assert!(
        error(Form::JsonLines, "{\"text\":\"a\",\"label\":1}\n[1]\n").contains("line 2: this is not a JSON object")
    );
    assert!(error(Form::JsonLines, "{\"label\":1}").contains("line 1: there is no \"text\""));
    assert!(error(Form::JsonLines, "{\"text\":\"a\",\"label\":[1]}").contains("line 1: the \"label\""));
    assert!(error(Form::Csv, "text,label\n\0,b\n").contains("line 2: there is a NUL byte"));
    let one = file("text,label\n", |number, _| format!("s{number},same\n"));
    assert!(error(Form::Csv, &one).contains("every sentence left is same"));
    let text = file("text,label,split\nodd,rare,test\n", |number, kind| {
        format!("s{number},{kind},{}\n", ["train", "validation", "test", "train"][number % 4])
    });
    assert!(error(Form::Csv, &text).contains("no sentence of the class \"rare\" is in the train split"));
}

#[test]
fn an_empty_file_is_called_empty() {
    for form in [Form::Tsv, Form::Csv, Form::JsonLines] {
        for text in ["", "\u{feff}", " \n\n"] {
            assert!(error(form, text).starts_with("mine: the file is empty."), "{form:?} {text:?}");
        }
    }
}

#[test]
fn a_quote_that_is_not_closed_is_an_error_at_the_line_that_opens_it() {
    let broken = [
        "\"the terrible dull,neg\n\"the funny film\",pos\n",
        "\"the terrible dull,neg\nthe funny film,pos\n\"the good film\",pos\n",
        "\"never closed,neg\nthe funny film,pos\n",
        "\"closed\" too early,neg\n",
        "\"ends with two\"\"",
    ];
    for broken in broken {
        let text = file("text,label\n\"two\nlines\",answer\n", |number, kind| format!("s{number},{kind}\n"));
        let error = error(Form::Csv, &format!("{text}{broken}"));
        assert!(error.starts_with("mine, line 124: a quote is opened and not closed"), "{broken:?}: {error}");
    }
    let legal = "text,label\r\n\"two\r\nlines, \"\"quoted\"\"\",\"answer\"\r\n\"\"\"all\"\"\",answer\r\na 5\" nail,answer\r\n\"\",answer\r\n";
    let text = file(legal, |number, kind| format!("\"s{number}\",{kind}\n"));
    let text = format!("{text}last,\"answer\"");
    let dataset = Dataset::labelled("mine", Form::Csv, &text).expect("good");
    let texts: Vec<&str> = dataset.items().iter().take(3).map(|item| item.text.as_str()).collect();
    assert_eq!(texts, ["two\u{240d}\u{240a}lines, \"quoted\"", "\"all\"", "a 5\" nail"]);
    assert_eq!((dataset.items().len(), dataset.dropped().empty), (124, 1));
    // Without quoting they are characters like others.
    let tabs = file("text\tlabel\n\"open\tanswer\n", |number, kind| format!("s{number}\t{kind}\n"));
    assert_eq!(Dataset::labelled("mine", Form::Tsv, &tabs).expect("good").items()[0].text, "\"open");
}

#[test]
fn a_use_that_an_own_split_leaves_out_is_named() {
    for (kept, missing) in [(["train", "test"], "validation"), (["train", "dev"], "test"), (["dev", "test"], "train")] {
        let text = file("text,label,split\n", |number, kind| format!("s{number},{kind},{}\n", kept[number % 2]));
        let error = error(Form::Csv, &text);
        assert!(error.contains(&format!("no sentence left has the split \"{missing}\"")), "{error}");
    }
    // Where the content decides, there are too few.
    assert!(error(Form::Csv, "text,label\na,b\nc,d\n").contains("2 sentences are too few"));
}

#[test]
fn labels_of_a_scale_are_told_from_classes() {
    let scale = file("text,label\n", |number, _| format!("s{number},{}.{}\n", number % 50 / 10, number % 10));
    assert!(error(Form::Csv, &scale).contains("different numbers as labels, as a scale has"));
    let counts = file("text,label\n", |number, _| format!("s{number},{}\n", number * 3));
    assert!(error(Form::Csv, &counts).contains("clsroom learns classes"));
    // Stars are classes, and so are the numbers of many classes with several sentences each.
    for most in [5, 20] {
        let stars = file("text,label\n", |number, _| format!("s{number},{}\n", number % most));
        assert_eq!(Dataset::labelled("mine", Form::Csv, &stars).map(|found| found.classes().len()).ok(), Some(most));
    }
}

#[test]
fn labels_that_differ_only_in_case_are_said() {
    let text = file("text,label\n", |number, _| format!("s{number},{}\n", ["pos", "Pos", "neg"][number % 3]));
    let summary = Dataset::labelled("mine", Form::Csv, &text).expect("good").summary();
    assert!(summary.ends_with("differ only in case are classes of their own: Pos and pos"), "{summary}");
    let text = file("text,label\n", |number, _| format!("s{number},{}\n", ["pos", "neg"][number % 2]));
    assert!(!Dataset::labelled("mine", Form::Csv, &text).expect("good").summary().contains("case"));
}
